// Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): what a client says so that a job is put in once.
//
// The framework's middleware keeps answers beside the handler; here the key is written in the transaction of its job,
// so that there is no moment at which one is there without the other.
#pragma once

#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace jobs {

/// 1 to 255 visible characters, in quotes or without; nothing for others.
std::optional<std::string> parse_idempotency_key(std::string_view field);

/// Keys of requests that are being answered. Thread safety: any thread.
class KeysInFlight {
 public:
  class Entry {
   public:
    Entry(KeysInFlight& keys, std::string key) : keys_(keys), key_(std::move(key)) {
      const std::lock_guard lock(keys_.mutex_);
      is_first_ = keys_.keys_.insert(key_).second;
    }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    ~Entry() {
      const std::lock_guard lock(keys_.mutex_);
      if (is_first_) keys_.keys_.erase(key_);
    }
    /// False: another request with this key has not been answered yet.
    bool is_first() const noexcept { return is_first_; }

   private:
    KeysInFlight& keys_;
    const std::string key_;
    bool is_first_ = false;
  };

 private:
  std::mutex mutex_;
  std::set<std::string> keys_;  // guarded by mutex_
};

}  // namespace jobs
