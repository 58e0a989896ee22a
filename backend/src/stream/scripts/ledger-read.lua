-- The ledger of one partition, with what decides whether a minute is closed and whether these are the data that were known.
--
-- KEYS  1 ledger  2 ledger marks  3 stream  4 retry:accepted  5 totals
-- Returns { Redis's time (ms), id of the first stream entry or "", when the oldest event that went through the retry set was
--           accepted (ms) or "", ledger as field, value, …, marks as row, mark, …, accepted, samples }.
--
-- Why atomic: were the ledger read before the oldest entry, an event settled in between would show as missing.

local clock = redis.call('TIME')
local first = redis.call('XRANGE', KEYS[3], '-', '+', 'COUNT', 1)[1]
local retry = redis.call('ZRANGE', KEYS[4], 0, 0, 'WITHSCORES')
local totals = redis.call('HMGET', KEYS[5], 'accepted', 'samples')
return {
  clock[1] * 1000 + math.floor(clock[2] / 1000),
  first and first[1] or '',
  retry[2] or '',
  redis.call('HGETALL', KEYS[1]),
  redis.call('HGETALL', KEYS[2]),
  tonumber(totals[1] or 0),
  tonumber(totals[2] or 0),
}
