-- Changes a field of a session, unless the session has ended.
-- KEYS[1] hash of the session
-- ARGV[1] field, ARGV[2] value
-- Returns 1 when changed, 0 when there is no such session.
-- Why atomic: a HSET just after somebody ended it would make a hash anew that never expires.
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
