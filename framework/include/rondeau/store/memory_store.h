// MemoryStore: a Store of this process, for one machine and for tests.
#pragma once

#include <cstddef>
#include <memory>

#include <rondeau/store/store.h>

namespace rondeau::store {

struct MemoryStoreLimits {
  std::size_t max_entries = 65'536;
  std::size_t max_bytes = std::size_t{64} << 20;  ///< of keys, values, and 256 for each entry
  std::size_t shards = 16;                        ///< parts with a lock and a share of both limits each; at least 1
};

/// Keeps values in memory, within its limits: what is too old goes first, then what was longest not used.
///
/// A value larger than a shard's share is TooLarge. Answers at once; times are of the current runtime's clock.
class MemoryStore final : public Store {
 public:
  explicit MemoryStore(MemoryStoreLimits limits = {});
  ~MemoryStore() override;

  task::Task<Result<std::optional<Bytes>>> get(std::string key) override;
  task::Task<Result<void>> put(std::string key, Bytes value, Duration ttl) override;
  task::Task<Result<bool>> put_if_absent(std::string key, Bytes value, Duration ttl) override;
  task::Task<Result<bool>> compare_and_put(std::string key, Bytes expected, Bytes value, Duration ttl) override;
  task::Task<Result<bool>> erase(std::string key) override;
  task::Task<Result<bool>> compare_and_erase(std::string key, Bytes expected) override;

  /// What is in it now, what is too old included.
  std::size_t entries() const;
  std::size_t bytes() const;

 private:
  class Shard;
  Shard& shard_of(const std::string& key) const;

  const std::size_t shards_;
  const std::unique_ptr<Shard[]> shard_;
};

}  // namespace rondeau::store

namespace rondeau {
using store::MemoryStore;
}  // namespace rondeau
