// A store that takes turns to answer.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <rondeau/store/memory_store.h>
#include <rondeau/task/task.h>
#include <rondeau/task/yield_now.h>

namespace support {

/// Lets others run before and after each step, as one does that is elsewhere.
class RemoteStore final : public rondeau::Store {
  using Bytes = rondeau::Bytes;
  using Duration = rondeau::Duration;
  template <class T>
  using Answer = rondeau::Task<rondeau::Result<T>>;

 public:
  RemoteStore(std::shared_ptr<rondeau::MemoryStore> inside, std::vector<std::string>& keys)
      : inside_(std::move(inside)), keys_(keys) {}

  Answer<std::optional<Bytes>> get(std::string key) override { return slow(inside_->get(std::move(key))); }
  Answer<void> put(std::string key, Bytes value, Duration ttl) override {
    return slow(inside_->put(std::move(key), std::move(value), ttl));
  }
  Answer<bool> put_if_absent(std::string key, Bytes value, Duration ttl) override {
    keys_.push_back(key);
    return slow(inside_->put_if_absent(std::move(key), std::move(value), ttl));
  }
  Answer<bool> compare_and_put(std::string key, Bytes expected, Bytes value, Duration ttl) override {
    return slow(inside_->compare_and_put(std::move(key), std::move(expected), std::move(value), ttl));
  }
  Answer<bool> erase(std::string key) override { return slow(inside_->erase(std::move(key))); }
  Answer<bool> compare_and_erase(std::string key, Bytes expected) override {
    return slow(inside_->compare_and_erase(std::move(key), std::move(expected)));
  }

 private:
  template <class T>
  static rondeau::Task<T> slow(rondeau::Task<T> step) {
    co_await rondeau::task::yield_now();
    T result = co_await std::move(step);
    co_await rondeau::task::yield_now();
    co_return result;
  }

  std::shared_ptr<rondeau::MemoryStore> inside_;
  std::vector<std::string>& keys_;  // that were claimed
};

}  // namespace support
