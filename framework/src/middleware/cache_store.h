// CacheStore: what a Cache keeps, least recently used last, and who is on the way to fetch what.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
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
  Seconds age_before{0};      ///< when it came to us
  std::uint64_t changes = 0;  ///< of its target, when it was asked for
  /// No answer: the last one could not be kept, so nobody waits for the next.
  bool is_pass = false;

  Seconds age(Instant now) const;
};

/// The end of the one who fetches, for those who wait.
struct Landing {
  sync::CancellationToken over;  ///< cancelled then
  std::shared_ptr<std::atomic<bool>> lost = std::make_shared<std::atomic<bool>>(false);  ///< it had no answer
};

/// Thread safety: any thread.
class CacheStore : public std::enable_shared_from_this<CacheStore> {
 public:
  /// Being the one who fetches. Destroyed: whoever waits goes on. Unless it has finished, it was lost.
  class Flight {
   public:
    Flight(std::shared_ptr<CacheStore> store, std::string key, Landing landing)
        : store_(std::move(store)), key_(std::move(key)), landing_(std::move(landing)) {}
    Flight(const Flight&) = delete;
    Flight& operator=(const Flight&) = delete;
    ~Flight();
    void finish() noexcept { finished_ = true; }

   private:
    std::shared_ptr<CacheStore> store_;
    std::string key_;
    Landing landing_;
    bool finished_ = false;
  };

  explicit CacheStore(const CacheOptions& options) : options_(options) {}

  const CacheOptions& options() const noexcept { return options_; }
  /// What is kept and not stale, for a request like this one; or nullptr.
  std::shared_ptr<const KeptAnswer> find(const std::string& key, const http::Request& request);
  /// Unless the target has changed since it was asked for.
  void keep(const std::string& key, KeptAnswer answer);
  /// A number that is another one after forget() and clear().
  std::uint64_t changes(const std::string& key) const;
  void forget(const std::string& key);
  void clear();
  std::size_t bytes() const;

  /// Either makes `flight`, or tells where the one that is under way ends.
  std::optional<Landing> board(const std::string& key, std::optional<Flight>& flight);

 private:
  struct Entry {
    std::string key;
    std::vector<std::shared_ptr<const KeptAnswer>> variants;
    std::size_t bytes = 0;
  };
  using Place = std::list<Entry>::iterator;

  static std::size_t slot_of(const std::string& key);
  void drop(Place place);
  void recount(Entry& entry);

  const CacheOptions options_;
  mutable std::mutex mutex_;
  std::list<Entry> entries_;  // the last used one first
  std::unordered_map<std::string_view, Place> places_;
  std::unordered_map<std::string, Landing> flights_;
  std::array<std::uint64_t, 256> changes_{};  // targets share them: one kept less is no harm
  std::size_t bytes_ = 0;
};

}  // namespace rondeau::middleware
