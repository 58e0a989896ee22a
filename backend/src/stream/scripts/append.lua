-- Appends one packed entry with the events that are new, and remembers their identities.
--
-- KEYS  1 stream  2 dedupe state  3 dedupe hash 0  4 dedupe hash 1  5 ledger  6 totals  7 retry:accepted
-- ARGV  1 dedupe ttl (ms)
--       2 the packed entry: version byte, then the events' records back to back (see record.ts)
--       3 identities, 16 bytes each
--       4 dedupe records, 26 bytes each
--       5 owners: one byte an event, which of the tenants below it belongs to; empty when all belong to the first
--       6… tenants
-- Returns the entry's id when every event was new; otherwise { the id or "" , for each event "" (it was new) or the dedupe
-- record that stands in its way }.
--
-- Why atomic: between a look-up and an append, another process could append the same identity. Why XADD comes first: if a
-- later command fails there is nothing to undo, and no retry can be told "duplicate" of an event that was never appended.

local identities, values = ARGV[3], ARGV[4]
local n = #identities / 16

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

-- Rotate: the older hash goes when all it names is past its time and settled. What it names was accepted before `since`.
local state = redis.call('HMGET', KEYS[2], 'current', 'since')
local current, since = tonumber(state[1]), tonumber(state[2])
if not current then
  current, since = 0, now
  redis.call('HSET', KEYS[2], 'current', 0, 'since', now)
elseif now - since >= tonumber(ARGV[1]) then
  local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
  local retry = redis.call('ZRANGE', KEYS[7], 0, 0, 'WITHSCORES')
  local settled = (not first or tonumber(string.match(first[1], '^%d+')) > since) and (not retry[2] or tonumber(retry[2]) > since)
  if settled then
    current = 1 - current
    redis.call('UNLINK', KEYS[3 + current])
    redis.call('HSET', KEYS[2], 'current', current, 'since', now)
  end
end
local young, old = KEYS[3 + current], KEYS[4 - current]

local fields = {}
for i = 1, n do fields[i] = string.sub(identities, i * 16 - 15, i * 16) end

local known = redis.call('HMGET', young, unpack(fields))
local older = redis.call('HMGET', old, unpack(fields))
local fresh, answer = {}, {}
for i = 1, n do
  local record = known[i] or older[i]
  if record then
    answer[i + 1] = record
  else
    answer[i + 1] = ''
    fresh[#fresh + 1] = i
  end
end

if #fresh < n then redis.call('HINCRBY', KEYS[6], 'deduped', n - #fresh) end
if #fresh == 0 then
  answer[1] = ''
  return answer
end

-- Cut the duplicates out of the entry only when there are any.
local entry = ARGV[2]
if #fresh < n then
  local parts, at, k = { string.sub(entry, 1, 1) }, 2, 1
  for i = 1, n do
    local size = 4 + struct.unpack('>I4', entry, at)
    if fresh[k] == i then
      k = k + 1
      parts[k] = string.sub(entry, at, at + size - 1)
    end
    at = at + size
  end
  entry = table.concat(parts)
end

local id = redis.call('XADD', KEYS[1], '*', 'e', entry)

local pairs_ = {}
for k = 1, #fresh do
  local i = fresh[k]
  pairs_[2 * k - 1] = fields[i]
  pairs_[2 * k] = string.sub(values, i * 26 - 25, i * 26)
end
redis.call('HSET', young, unpack(pairs_))

local minute = math.floor(tonumber(string.match(id, '^%d+')) / 60000)
local owners = ARGV[5]
if owners == '' then
  redis.call('HINCRBY', KEYS[5], minute .. ':' .. ARGV[6] .. ':a', #fresh)
else
  local counts = {}
  for k = 1, #fresh do
    local owner = string.byte(owners, fresh[k])
    counts[owner] = (counts[owner] or 0) + 1
  end
  for owner, count in pairs(counts) do
    redis.call('HINCRBY', KEYS[5], minute .. ':' .. ARGV[6 + owner] .. ':a', count)
  end
end
redis.call('HINCRBY', KEYS[6], 'accepted', #fresh)
redis.call('HINCRBY', KEYS[6], 'acceptedBytes', #entry - 1)

if #fresh == n then return id end
answer[1] = id
return answer
