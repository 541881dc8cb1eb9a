// Store: small values under keys, for a while. Sessions and idempotency keep theirs in one, wherever it is.
#pragma once

#include <optional>
#include <string>

#include <rondeau/base/bytes.h>
#include <rondeau/base/instant.h>
#include <rondeau/base/result.h>
#include <rondeau/task/task.h>

namespace rondeau::store {

/// Bytes under keys, each with the time it is kept.
///
/// Every function is atomic for its key. A store may forget a value early, when it is full; it never gives one that is
/// too old, nor another than was put last. Errors: whatever keeps it from answering (Overloaded, TimedOut,
/// ConnectionReset …): nothing is known then about what happened; TooLarge for a value that it does not take.
/// Cancellation: what was asked for may have happened. Thread safety: any thread.
class Store {
 public:
  virtual ~Store() = default;

  /// The value, or nothing.
  virtual task::Task<Result<std::optional<Bytes>>> get(std::string key) = 0;
  /// Keeps the value for `ttl`, which is above zero, in place of another one.
  virtual task::Task<Result<void>> put(std::string key, Bytes value, Duration ttl) = 0;
  /// The same where there is none; says whether it did.
  virtual task::Task<Result<bool>> put_if_absent(std::string key, Bytes value, Duration ttl) = 0;
  /// The same where the value is `expected`; says whether it did.
  virtual task::Task<Result<bool>> compare_and_put(std::string key, Bytes expected, Bytes value, Duration ttl) = 0;
  /// Forgets the value; says whether there was one.
  virtual task::Task<Result<bool>> erase(std::string key) = 0;
  /// The same where the value is `expected`.
  virtual task::Task<Result<bool>> compare_and_erase(std::string key, Bytes expected) = 0;
};

}  // namespace rondeau::store

namespace rondeau {
using store::Store;
}  // namespace rondeau
