-- Takes one of a limited number of tries in any span of a length.
-- KEYS[1] sorted set of the tries that count, by when they were made (ms)
-- ARGV[1] most in the span, ARGV[2] length of the span in ms, ARGV[3] name of this try
-- Returns 0 when taken, else ms until one is free.
-- Why atomic: tries at once must not all find the last one free.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then
  local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
  return math.max(1, oldest[2] + ARGV[2] - now)
end
redis.call('ZADD', KEYS[1], now, ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 0
