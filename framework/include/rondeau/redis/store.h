// redis::Store: sessions, idempotency records and limits in a Redis that all instances share.
#pragma once

#include <optional>
#include <string>

#include <rondeau/base/bytes.h>
#include <rondeau/base/instant.h>
#include <rondeau/base/result.h>
#include <rondeau/redis/client.h>
#include <rondeau/store/store.h>
#include <rondeau/task/task.h>

namespace rondeau::redis {

/// Values under `prefix` and their key, which the server forgets in time by itself.
///
/// What a store promises, and: a server that is short of memory may be set up to forget values early, and one that is
/// restarted without a copy on disk has forgotten all. Lost on the way, a change may have happened or not
/// (ConnectionReset). Thread safety: any thread.
class Store final : public store::Store {
 public:
  explicit Store(Client client, std::string prefix = "rondeau:");

  task::Task<base::Result<std::optional<Bytes>>> get(std::string key) override;
  task::Task<base::Result<void>> put(std::string key, Bytes value, Duration ttl) override;
  task::Task<base::Result<bool>> put_if_absent(std::string key, Bytes value, Duration ttl) override;
  task::Task<base::Result<bool>> compare_and_put(std::string key, Bytes expected, Bytes value, Duration ttl) override;
  task::Task<base::Result<bool>> erase(std::string key) override;
  task::Task<base::Result<bool>> compare_and_erase(std::string key, Bytes expected) override;

 private:
  Client client_;
  std::string prefix_;
};

}  // namespace rondeau::redis
