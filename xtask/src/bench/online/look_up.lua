-- Asks about one person after another, by a number that is drawn anew, and counts what was not answered well.
local people, path, bearer = tonumber(os.getenv("PEOPLE")), os.getenv("LOOK_UP"), os.getenv("BEARER")
local threads, seed, refused = {}, 0, 0
function setup(thread)
  seed = seed + 1
  thread:set("seed", seed)
  table.insert(threads, thread)
end
function init()
  math.randomseed(seed)
  bad = 0
  headers = { ["content-type"] = "application/json", ["authorization"] = "Bearer " .. (bearer or "") }
end
function request()
  local number = string.format("KEN-%08d", math.random(1, people))
  if not bearer then return wrk.format("GET", path .. number) end
  return wrk.format("POST", path, headers, '{"by":{"individual_no":"' .. number .. '"}}')
end
function response(status) if status ~= 200 then bad = bad + 1 end end
function done(summary, latency)
  for _, thread in ipairs(threads) do refused = refused + thread:get("bad") end
  io.write(string.format("\nFIGURES %d %d %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    refused, summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
