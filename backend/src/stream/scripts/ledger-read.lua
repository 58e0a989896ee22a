-- The ledger of one partition, with what decides whether a minute is closed.
--
-- KEYS  1 ledger  2 ledger marks  3 stream  4 retry:accepted
-- Returns { Redis's time (ms), id of the first stream entry or "", when the oldest event that went through the retry set was
--           accepted (ms) or "", ledger as field, value, …, marks as row, mark, … }.
--
-- Why atomic: were the ledger read before the oldest entry, an event settled in between would show as missing.

local clock = redis.call('TIME')
local first = redis.call('XRANGE', KEYS[3], '-', '+', 'COUNT', 1)[1]
local retry = redis.call('ZRANGE', KEYS[4], 0, 0, 'WITHSCORES')
return {
  clock[1] * 1000 + math.floor(clock[2] / 1000),
  first and first[1] or '',
  retry[2] or '',
  redis.call('HGETALL', KEYS[1]),
  redis.call('HGETALL', KEYS[2]),
}
