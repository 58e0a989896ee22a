-- Publishes event types: removes and adds fields, and says that something changed.
--
-- KEYS  1 event types (see keys.ts)
-- ARGV  1 digest; "" while more is to come
--       2 number of fields to remove, then these fields
--       … fields and values to set, in pairs
-- Returns nothing.
--
-- Why atomic: a process that reads between the removal of a type's older version and the next one would take the type for one
-- that does not exist, and make dead letters of its events.

local gone = tonumber(ARGV[2])
for i = 3, 2 + gone do redis.call('HDEL', KEYS[1], ARGV[i]) end
for i = 3 + gone, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
if ARGV[1] ~= '' then redis.call('HSET', KEYS[1], 'digest', ARGV[1]) end
