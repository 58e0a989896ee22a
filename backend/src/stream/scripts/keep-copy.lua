-- Keeps a copy of an API key's record unless a copy of the same or a newer version is there.
-- KEYS[1] hash of the copy: v = version, d = record as JSON
-- ARGV[1] version, ARGV[2] record, ARGV[3] lifetime in ms
-- Returns 1 when kept, 0 when what was there is as new.
-- Why atomic: a reader that loaded the row just before a revocation must not overwrite what the revocation put here.
local there = redis.call('HGET', KEYS[1], 'v')
if there and tonumber(there) >= tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'd', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
