package redisstore

import "github.com/redis/go-redis/v9"

// An entry is one hash, KEYS[1]. All times are microseconds by the clock of Redis.
//
//	data, fence, saved, fresh, ttl   the record: fence 0 or missing if there is none
//	holder, since, lease             the lease that was neither saved nor released: its fence, 0 if none, when it was
//	                                 granted or extended, and for how long
//	latest                           the fence of the newest lease
//	op, lost                         the last call that changed the lease, and what it was told
//
// Unknown fields are left alone, so that a later version may add some.
//
// A client that lost an answer sends the same call again. So each call that changes the lease has a
// name, ARGV[1], and a call that is already done is answered as before.
const prelude = `
local key, op = KEYS[1], ARGV[1]
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local function number(v)
  local n = tonumber(v or 0)
  if n and n >= 0 and n < 9e15 then return math.floor(n) end
  return 0
end
local function text(v) return string.format('%.0f', v) end
local function field(...) return redis.call('HMGET', key, ...) end
local e = field('fence', 'saved', 'fresh', 'ttl', 'holder', 'since', 'lease', 'latest', 'op', 'lost')
local fence, saved, fresh, ttl = number(e[1]), number(e[2]), number(e[3]), number(e[4])
local holder, since, till, latest = number(e[5]), number(e[6]), number(e[6]) + number(e[7]), number(e[8])
local done, lost = op ~= '' and e[9] == op, number(e[10])
local age = math.max(now - saved, 0)

-- A clock that was set back, or that of another master, tells nothing about what is in its future.
local future = now + 10000000
if age >= ttl or saved > future then fence = 0 end
if since > future then till = now end

-- A replica refuses to write, even where nothing changes. So only a master answers.
local function master() redis.call('HDEL', key, '') end

-- The hash outlives the lease by an hour, and with it the fences and the trace of a dead holder.
local function keep(ttl, age)
  redis.call('PEXPIRE', key, text(math.ceil(math.max(ttl - age, till - now + 3600e6) / 1000)))
end

-- Without the permission to publish, those who wait find out by themselves.
local function wake(fence) redis.pcall('PUBLISH', key, fence) end

local function answer(lease, busy, lost)
  if fence == 0 then return {'', 0, 0, 0, lease, busy, lost, now} end
  local data = field('data')[1] or ''
  return {data, fence, age, age < fresh and 1 or 0, lease, busy, lost, now}
end
`

var (
	// load answers with the record. Like acquire, it tells the time too.
	load = redis.NewScript(prelude + `
master()
return answer(0, 0, 0)`)

	// acquire takes ARGV: op, have, ttl, and when it was sent, or 0. It grants nothing to a caller that
	// has long given up, such as one whose call a frozen Redis reads when it goes on.
	acquire = redis.NewScript(prelude + `
if done then return answer(latest, 0, lost) end
if fence ~= 0 and age < fresh and text(fence) ~= ARGV[2] then
  master()
  return answer(0, 0, 0)
end
if holder ~= 0 and till > now then
  master()
  return answer(0, till - now, 0)
end
if ARGV[4] ~= '0' and now - ARGV[4] > 1e6 then
  master()
  return answer(0, 0, 0)
end
lost = holder ~= 0 and 1 or 0
latest = math.max(latest + 1, now)
till = now + ARGV[3]
redis.call('HSET', key, 'holder', text(latest), 'since', text(now), 'lease', ARGV[3], 'latest', text(latest), 'op', op, 'lost', lost)
keep(ttl, age)
return answer(latest, 0, lost)`)

	// extend takes ARGV: op, lease, ttl.
	extend = redis.NewScript(prelude + `
if holder == 0 or text(holder) ~= ARGV[2] then return 0 end
till = now + ARGV[3]
redis.call('HSET', key, 'since', text(now), 'lease', ARGV[3])
keep(ttl, age)
return 1`)

	// save takes ARGV: op, lease, data, ttl, fresh.
	save = redis.NewScript(prelude + `
if done then return 1 end
if holder == 0 or text(holder) ~= ARGV[2] then return 0 end
till = now
redis.call('HSET', key, 'data', ARGV[3], 'fence', ARGV[2], 'saved', text(now), 'ttl', ARGV[4], 'fresh', ARGV[5], 'holder', '0', 'op', op)
keep(ARGV[4], 0)
wake(ARGV[2])
return 1`)

	// release takes ARGV: op, lease.
	release = redis.NewScript(prelude + `
if done then return 1 end
if holder == 0 or text(holder) ~= ARGV[2] then return 0 end
till = now
redis.call('HSET', key, 'holder', '0', 'op', op)
keep(ttl, age)
wake(0)
return 1`)

	// undo takes ARGV: op, of an acquire. It ends the lease that the call was granted, if any. If the
	// lease before it got lost, it lets this one run out instead, so that the next holder is told.
	undo = redis.NewScript(prelude + `
if not done or holder == 0 then return 0 end
redis.call('HSET', key, 'holder', lost == 1 and text(holder) or '0', 'lease', '0')
wake(0)
return 1`)

	// drop takes ARGV: op, fence.
	drop = redis.NewScript(prelude + `
if fence == 0 or text(fence) ~= ARGV[2] then
  master()
  return 0
end
redis.call('HSET', key, 'fresh', '0')
return 1`)
)
