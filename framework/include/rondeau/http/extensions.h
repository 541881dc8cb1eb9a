// Extensions: values that layers attach to a request, found by their type.
#pragma once

#include <memory>
#include <utility>
#include <vector>

namespace rondeau::http {

/// One value per type. Copies share the values. Thread safety: as for a std::vector.
class Extensions {
 public:
  /// Stores a value, in place of one of the same type.
  template <class T>
  T& insert(T value) {
    auto stored = std::make_shared<T>(std::move(value));
    T& result = *stored;
    put(key<T>(), std::move(stored));
    return result;
  }
  /// The value of that type, or nullptr. Lifetime: the request's.
  template <class T>
  T* get() const noexcept {
    return static_cast<T*>(find(key<T>()));
  }
  void clear() noexcept { values_.clear(); }
  bool empty() const noexcept { return values_.empty(); }

 private:
  using Key = const void*;
  template <class T>
  static constexpr char kTag = 0;
  template <class T>
  static Key key() noexcept {
    return &kTag<T>;
  }

  void put(Key key, std::shared_ptr<void> value) {
    for (auto& entry : values_) {
      if (entry.first == key) {
        entry.second = std::move(value);
        return;
      }
    }
    values_.emplace_back(key, std::move(value));
  }
  void* find(Key key) const noexcept {
    for (const auto& entry : values_) {
      if (entry.first == key) return entry.second.get();
    }
    return nullptr;
  }

  std::vector<std::pair<Key, std::shared_ptr<void>>> values_;
};

}  // namespace rondeau::http
