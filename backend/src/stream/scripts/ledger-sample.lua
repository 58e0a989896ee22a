-- Looks at one partition's totals, and counts the look, unless the totals are behind what was seen before: then Redis lost data,
-- and nothing is changed until that has been announced.
--
-- KEYS  1 totals  2 stream  3 retry:accepted
-- ARGV  1 samples  2 accepted  3 settled: the least that the newest known sample allows; 0 when there is none
-- Returns { Redis's time (ms), samples, accepted, settled, last id of the stream, when the oldest unsettled event was accepted (ms)
--           or "", when the data's own last counted look was (ms), accepted then, settled then }.
--
-- Why the data count the looks at them: totals alone cannot tell. A Redis that came back a second older and took more events in
-- the next second than it lost would have higher totals than before. Its count of looks is behind, whatever it took since, and
-- what it accepted until its own last look is a floor for the state it came back with.
-- Why atomic: a look that is counted although the totals are behind would hide that from the next one.

local function number(value) return tonumber(value or 0) end

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local t = redis.call('HMGET', KEYS[1], 'samples', 'accepted', 'stored', 'duplicate', 'dead', 'sampledAt', 'sampledAccepted', 'sampledSettled')
local samples, accepted, settled = number(t[1]), number(t[2]), number(t[3]) + number(t[4]) + number(t[5])
local at, atAccepted, atSettled = number(t[6]), number(t[7]), number(t[8])

local lastId, oldest = '0-0', ''
if redis.call('EXISTS', KEYS[2]) == 1 then
  local info = redis.call('XINFO', 'STREAM', KEYS[2])
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then lastId = info[i + 1] end
    if info[i] == 'first-entry' and info[i + 1] then oldest = string.match(info[i + 1][1], '^%d+') end
  end
end
local retry = redis.call('ZRANGE', KEYS[3], 0, 0, 'WITHSCORES')
if retry[2] and (oldest == '' or tonumber(retry[2]) < tonumber(oldest)) then oldest = retry[2] end

local behind = samples < tonumber(ARGV[1]) or accepted < tonumber(ARGV[2]) or settled < tonumber(ARGV[3])
-- A look at what has not changed is not counted: any state since the last counted one holds the same. So an idle Redis is not written to.
if not behind and (samples == 0 or accepted ~= atAccepted or settled ~= atSettled) then
  samples = redis.call('HINCRBY', KEYS[1], 'samples', 1)
  redis.call('HSET', KEYS[1], 'sampledAt', now, 'sampledAccepted', accepted, 'sampledSettled', settled)
end
return { now, samples, accepted, settled, lastId, oldest, at, atAccepted, atSettled }
