-- A token bucket whose tokens are leased to processes in portions, so that most requests ask nobody.
--
-- KEYS  1 bucket (hash: tokens, at)
-- ARGV  1 tokens a second (and the most it holds: one second's worth)  2 tokens wanted  3 least tokens that are of use
-- Returns { tokens granted (0 when fewer than the least are there), ms until the least will be there }.
--
-- Why atomic: two processes must not lease the same tokens.

local rate, wanted, least = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local state = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = tonumber(state[1]) or rate
-- A clock that went back gives nothing and takes nothing.
tokens = math.min(math.max(rate, least), tokens + math.max(0, now - (tonumber(state[2]) or now)) * rate / 1000)

local granted, wait = 0, 0
if tokens >= least then
  granted = math.max(least, math.floor(math.min(tokens, wanted)))
  tokens = tokens - granted
else
  wait = math.ceil((least - tokens) * 1000 / rate)
end
redis.call('HSET', KEYS[1], 'tokens', tokens, 'at', now)
redis.call('PEXPIRE', KEYS[1], 10000)
return { granted, wait }
