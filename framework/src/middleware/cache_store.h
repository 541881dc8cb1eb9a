// CacheStore: what a Cache keeps, least recently used last, and who is on the way to fetch what.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <rondeau/base/bytes.h>
#include <rondeau/base/instant.h>
#include <rondeau/http/headers.h>
#include <rondeau/http/status.h>
#include <rondeau/middleware/cache.h>
#include <rondeau/sync/cancellation_token.h>

#include "middleware/cache_rules.h"

namespace rondeau::middleware {

/// Never changed once it is kept.
struct KeptAnswer {
  VaryValues vary;
  http::StatusCode status = http::StatusCode::Ok;
  http::Headers headers;
  Bytes body;
  Instant since;
  Seconds lifetime{0};
  Seconds age_before{0};  ///< when it came to us
  /// No answer: the last one could not be kept, so nobody waits for the next.
  bool is_pass = false;

  Seconds age(Instant now) const;
};

/// Thread safety: any thread.
class CacheStore : public std::enable_shared_from_this<CacheStore> {
 public:
  /// Being the one who fetches. Destroyed: whoever waits goes on.
  class Flight {
   public:
    Flight(std::shared_ptr<CacheStore> store, std::string key, sync::CancellationToken landed)
        : store_(std::move(store)), key_(std::move(key)), landed_(std::move(landed)) {}
    Flight(const Flight&) = delete;
    Flight& operator=(const Flight&) = delete;
    ~Flight();

   private:
    std::shared_ptr<CacheStore> store_;
    std::string key_;
    sync::CancellationToken landed_;
  };

  explicit CacheStore(const CacheOptions& options) : options_(options) {}

  const CacheOptions& options() const noexcept { return options_; }
  /// What is kept and not stale, for a request like this one; or nullptr.
  std::shared_ptr<const KeptAnswer> find(const std::string& key, const http::Request& request);
  void keep(const std::string& key, KeptAnswer answer);
  void forget(const std::string& key);
  void clear();
  std::size_t bytes() const;

  /// Either makes `flight`, or gives the token of the one that is under way, which is cancelled at its end.
  std::optional<sync::CancellationToken> board(const std::string& key, std::optional<Flight>& flight);

 private:
  struct Entry {
    std::string key;
    std::vector<std::shared_ptr<const KeptAnswer>> variants;
    std::size_t bytes = 0;
  };
  using Place = std::list<Entry>::iterator;

  void drop(Place place);
  void recount(Entry& entry);

  const CacheOptions options_;
  mutable std::mutex mutex_;
  std::list<Entry> entries_;  // the last used one first
  std::unordered_map<std::string_view, Place> places_;
  std::unordered_map<std::string, sync::CancellationToken> flights_;
  std::size_t bytes_ = 0;
};

}  // namespace rondeau::middleware
