-- Rotates one partition's dedupe hashes when it is time, as an append would: a partition that nobody sends to keeps its records until then.
--
-- KEYS  1 stream  2 dedupe state  3 dedupe:0  4 dedupe:1  5 retry:accepted
-- ARGV  1 least time an identity is remembered, ms
-- Returns { records that went, records that stay }.
--
-- Why a script: between the look and the UNLINK an append could write into the hash that goes.

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local state = redis.call('HMGET', KEYS[2], 'current', 'since')
local current, since = tonumber(state[1]), tonumber(state[2])
local gone = 0
if current and now - since >= tonumber(ARGV[1]) then
  local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
  local retry = redis.call('ZRANGE', KEYS[5], 0, 0, 'WITHSCORES')
  local settled = (not first or tonumber(string.match(first[1], '^%d+')) > since) and (not retry[2] or tonumber(retry[2]) > since)
  if settled then
    current = 1 - current
    gone = redis.call('HLEN', KEYS[3 + current])
    redis.call('UNLINK', KEYS[3 + current])
    redis.call('HSET', KEYS[2], 'current', current, 'since', now)
  end
end
return { gone, redis.call('HLEN', KEYS[3]) + redis.call('HLEN', KEYS[4]) }
