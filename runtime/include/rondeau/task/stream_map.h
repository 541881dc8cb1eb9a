// StreamMap<K, S>: many streams as one, each under a key; notify_close tells of their ends.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <rondeau/detail/flight.h>
#include <rondeau/task/stream.h>
#include <rondeau/task/stream_adaptors.h>

namespace rondeau::task {

/// `while (auto next = co_await map.next()) handle(next->first, std::move(next->second));`
///
/// Whoever is ready is taken, beginning with a random one, so that none is starved. A stream that ended leaves the map. For
/// some dozens of streams: each call looks at all of them.
/// Thread safety: one user at a time. Lifetime: it must outlive the next() that is awaited, and not move meanwhile.
template <class K, class S>
  requires Stream<S>
class StreamMap {
 public:
  using Item = std::pair<K, ItemOf<S>>;

  StreamMap() = default;
  StreamMap(StreamMap&&) noexcept = default;
  StreamMap& operator=(StreamMap&& other) noexcept {
    std::swap(entries_, other.entries_);
    std::swap(pulls_, other.pulls_);
    return *this;
  }
  ~StreamMap() = default;

  /// Gives back the stream that had the key before.
  std::optional<S> insert(K key, S stream) {
    std::optional<S> before = remove(key);
    entries_.push_back(std::make_unique<Entry>(std::move(key), std::move(stream)));
    return before;
  }
  std::optional<S> remove(const K& key) {
    const std::size_t at = find(key);
    if (at == entries_.size()) return std::nullopt;
    pulls_.remove(entries_[at].get());
    const std::unique_ptr<Entry> entry = std::move(entries_[at]);
    entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(at));
    return std::move(entry->stream);
  }
  bool contains(const K& key) const noexcept { return find(key) != entries_.size(); }
  std::vector<K> keys() const {
    std::vector<K> all;
    for (const auto& entry : entries_) all.push_back(entry->key);
    return all;
  }
  std::size_t len() const noexcept { return entries_.size(); }
  bool empty() const noexcept { return entries_.empty(); }
  void clear() noexcept {
    for (const auto& entry : entries_) pulls_.remove(entry.get());
    entries_.clear();
  }

  /// The next item of any of them, with its key; empty where no stream is left. Cancellation: safe.
  Task<std::optional<Item>> next() {
    while (!entries_.empty()) {
      for (const auto& entry : entries_) {
        if (!std::exchange(entry->asked, true)) pulls_.add(pull(*entry), entry.get());
      }
      co_await pulls_.wait(detail::FlightBase::Until::Any);
      auto [entry, item] = pulls_.take();
      entry->asked = false;
      if (item) co_return Item(entry->key, *std::move(item));
      remove(entry->key);
    }
    co_return std::nullopt;
  }

 private:
  struct Entry {
    Entry(K its_key, S its_stream) : key(std::move(its_key)), stream(std::move(its_stream)) {}
    const K key;
    S stream;
    bool asked = false;  ///< a pull is under way, or paused
  };
  using Pulled = std::pair<Entry*, std::optional<ItemOf<S>>>;

  static Task<Pulled> pull(Entry& entry) { co_return Pulled(&entry, co_await entry.stream.next()); }

  std::size_t find(const K& key) const noexcept {
    std::size_t at = 0;
    while (at < entries_.size() && !(entries_[at]->key == key)) ++at;
    return at;
  }

  std::vector<std::unique_ptr<Entry>> entries_;
  detail::Flight<Pulled> pulls_;  // after the entries: ends first
};

}  // namespace rondeau::task

namespace rondeau::detail {

template <class S>
AsyncGenerator<std::optional<ItemOf<S>>> notified_of_close(S stream) {
  while (auto item = co_await stream.next()) co_yield std::optional<ItemOf<S>>(*std::move(item));
  co_yield std::nullopt;
}

}  // namespace rondeau::detail

namespace rondeau::task {

/// Items as optionals, and an empty one before the end: so a StreamMap tells which of its streams ended.
inline auto notify_close() {
  return Adaptor{[]<class S>(S&& stream) { return detail::notified_of_close<S>(std::forward<S>(stream)); }};
}

}  // namespace rondeau::task

namespace rondeau {
using task::StreamMap;
}
