-- A token bucket whose tokens are leased to processes in portions, so that most requests ask nobody.
--
-- KEYS  1 bucket (hash: tokens, at)
-- ARGV  1 tokens a second (and the most it holds: one second's worth)  2 tokens wanted  3 least tokens that are of use
-- Returns { tokens granted (0 when fewer than the least are there), ms until the least will be there }.
--
-- More than a second's worth at once passes when the bucket is full, and leaves a debt that later callers wait for: a batch of
-- any size gets through, and the rate holds over time.
--
-- Why atomic: two processes must not lease the same tokens.

local rate, wanted, least = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local state = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = tonumber(state[1]) or rate
-- A clock that went back gives nothing and takes nothing.
tokens = math.min(rate, tokens + math.max(0, now - (tonumber(state[2]) or now)) * rate / 1000)

local granted, wait = 0, 0
local enough = math.min(least, rate)
if tokens >= enough then
  granted = math.max(least, math.floor(math.min(tokens, wanted)))
  tokens = tokens - granted
else
  wait = math.ceil((enough - tokens) * 1000 / rate)
end
redis.call('HSET', KEYS[1], 'tokens', tokens, 'at', now)
-- A forgotten bucket is a full one: it is kept until it would be full again.
redis.call('PEXPIRE', KEYS[1], 10000 + math.ceil(math.max(0, rate - tokens) * 1000 / rate))
return { granted, wait }
