// StatementCache: what a connection has prepared, the least recently used goes first.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "sqlite/prepared.h"

namespace rondeau::sqlite {

/// One thread at a time.
class StatementCache {
 public:
  explicit StatementCache(std::size_t capacity) noexcept : capacity_(capacity) {}

  /// Lifetime: until `capacity` others were used.
  Result<Prepared*, sql::Error> get(sqlite3* database, std::string_view text) {
    if (const auto known = by_text_.find(text); known != by_text_.end()) {
      recent_.splice(recent_.begin(), recent_, known->second);
      return recent_.front().get();
    }
    auto made = Prepared::make(database, text);
    if (!made) return std::move(made).error();
    while (recent_.size() >= capacity_) {
      by_text_.erase(recent_.back()->text());
      recent_.pop_back();
    }
    recent_.push_front(*std::move(made));
    by_text_.emplace(recent_.front()->text(), recent_.begin());
    return recent_.front().get();
  }
  void clear() noexcept {
    by_text_.clear();
    recent_.clear();
  }

 private:
  using Recent = std::list<std::unique_ptr<Prepared>>;

  const std::size_t capacity_;
  Recent recent_;
  std::unordered_map<std::string_view, Recent::iterator> by_text_;  // of texts in recent_
};

}  // namespace rondeau::sqlite
