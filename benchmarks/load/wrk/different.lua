-- Every request head differs, so nothing remembered of an earlier one helps.
local count = 0
function request()
  count = count + 1
  return wrk.format(nil, nil, { ["Authorization"] = wrk.headers["Authorization"],
    ["X-Nonce"] = string.format("%d-%08x", count, math.random(0, 2147483647)) })
end
