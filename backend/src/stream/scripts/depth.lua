-- How full one partition is, as one consistent picture.
--
-- KEYS  1 stream  2 totals  3 retry:due  4 retry:accepted
-- Returns { Redis's time (ms), totals as field, value, …, entries, id of the first entry or "", events waiting for their retry,
--           when the oldest event that went through the retry set was accepted (ms) or "" }.
--
-- Why a script: totals read apart from each other would show a backlog that never was. And XRANGE from outside would send an
-- entry of up to 256 KB over the wire to tell its id.

local clock = redis.call('TIME')
local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
local retry = redis.call('ZRANGE', KEYS[4], 0, 0, 'WITHSCORES')
return {
  clock[1] * 1000 + math.floor(clock[2] / 1000),
  redis.call('HGETALL', KEYS[2]),
  redis.call('XLEN', KEYS[1]),
  first and first[1] or '',
  redis.call('ZCARD', KEYS[3]),
  retry[2] or '',
}
