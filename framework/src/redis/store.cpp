#include <rondeau/redis/store.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

#include <rondeau/redis/script.h>

namespace rondeau::redis {
namespace {

// KEYS[1]; ARGV: what is expected, what is put in its place, for how many milliseconds.
const Script& compare_and_put_script() {
  static const Script script(
      "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end\n"
      "redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])\n"
      "return 1");
  return script;
}

const Script& compare_and_erase_script() {
  static const Script script(
      "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end\n"
      "return redis.call('DEL', KEYS[1])");
  return script;
}

// Redis keeps milliseconds; a value is rather forgotten early than given too late.
std::int64_t milliseconds_of(Duration ttl) {
  return std::max<std::int64_t>(1, std::chrono::floor<std::chrono::milliseconds>(ttl).count());
}

template <class T>
task::Task<base::Result<T>> as_stored(task::Task<Result<T>> asked) {
  co_return co_await std::move(asked);
}

}  // namespace

Store::Store(Client client, std::string prefix) : client_(std::move(client)), prefix_(std::move(prefix)) {}

task::Task<base::Result<std::optional<Bytes>>> Store::get(std::string key) {
  return as_stored(client_.command<std::optional<Bytes>>("GET", prefix_ + key));
}

task::Task<base::Result<void>> Store::put(std::string key, Bytes value, Duration ttl) {
  return as_stored(client_.run(command<void>("SET", prefix_ + key, value, "PX", milliseconds_of(ttl)).idempotent()));
}

task::Task<base::Result<bool>> Store::put_if_absent(std::string key, Bytes value, Duration ttl) {
  return as_stored(client_.command<bool>("SET", prefix_ + key, value, "NX", "PX", milliseconds_of(ttl)));
}

task::Task<base::Result<bool>> Store::compare_and_put(std::string key, Bytes expected, Bytes value, Duration ttl) {
  return as_stored(client_.eval<bool>(compare_and_put_script(), {prefix_ + key}, expected, value, milliseconds_of(ttl)));
}

task::Task<base::Result<bool>> Store::erase(std::string key) {
  return as_stored(client_.command<bool>("DEL", prefix_ + key));
}

task::Task<base::Result<bool>> Store::compare_and_erase(std::string key, Bytes expected) {
  return as_stored(client_.eval<bool>(compare_and_erase_script(), {prefix_ + key}, expected));
}

}  // namespace rondeau::redis
