#include <rondeau/client/cookie_jar.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <list>
#include <map>
#include <mutex>
#include <tuple>
#include <utility>

#include <rondeau/base/assert.h>
#include <rondeau/base/wall_clock.h>
#include <rondeau/json/read.h>
#include <rondeau/json/write.h>

#include "client/cookie_rules.h"

namespace rondeau::client {
namespace {

using std::chrono::sys_seconds;

sys_seconds now_in_seconds() noexcept {
  return std::chrono::floor<std::chrono::seconds>(base::wall_clock());
}

bool has_expired(const StoredCookie& cookie, sys_seconds now) noexcept {
  return cookie.expires && *cookie.expires <= now;
}

bool is_same(const StoredCookie& left, const StoredCookie& right) noexcept {
  return left.name == right.name && left.path == right.path && left.domain == right.domain &&
         left.host_only == right.host_only;
}

/// As it is saved.
struct SavedCookies {
  static constexpr int kVersion = 1;
  int version = 0;
  std::vector<StoredCookie> cookies;
};

}  // namespace

/// The cookies, those first that were used longest ago, and where to find those of a domain.
class CookieJar::Store {
 public:
  explicit Store(const CookieLimits& limits) : limits_(limits) {}

  bool take(StoredCookie cookie, bool from_secure, sys_seconds now);
  std::string header_for(const url::Url& url, sys_seconds now);
  std::vector<StoredCookie> cookies(sys_seconds now) const;
  void clear();

 private:
  struct Node {
    StoredCookie cookie;
    std::uint64_t number = 0;  // in the order of their making
    std::uint64_t used = 0;    // in the order of their use
  };
  using Place = std::list<Node>::iterator;

  void use(Place place);
  void erase(Place place);
  void make_room(const std::string& domain, sys_seconds now);

  const CookieLimits limits_;
  mutable std::mutex mutex_;
  std::list<Node> nodes_;
  std::map<std::string, std::vector<Place>, std::less<>> domains_;
  std::uint64_t numbers_ = 0;
  std::uint64_t uses_ = 0;
};

bool CookieJar::Store::take(StoredCookie cookie, bool from_secure, sys_seconds now) {
  if (cookie.name.size() + cookie.value.size() > limits_.bytes) return false;
  const std::lock_guard lock(mutex_);
  if (!from_secure && std::ranges::any_of(nodes_, [&](const Node& node) {
        return !has_expired(node.cookie, now) && overlays_secure(cookie, node.cookie);
      })) {
    return false;
  }
  if (const auto domain = domains_.find(cookie.domain); domain != domains_.end()) {
    const auto found = std::ranges::find_if(domain->second, [&](Place at) { return is_same(at->cookie, cookie); });
    if (found != domain->second.end()) {
      const Place place = *found;
      const bool was_there = !has_expired(place->cookie, now);
      if (has_expired(cookie, now)) return erase(place), was_there;
      cookie.created = place->cookie.created;
      StoredCookie same = place->cookie;
      same.expires = cookie.expires;
      const bool changed = !was_there || same != cookie;
      place->cookie = std::move(cookie);
      return use(place), changed;
    }
  }
  if (has_expired(cookie, now) || limits_.total == 0 || limits_.per_domain == 0) return false;
  make_room(cookie.domain, now);
  std::vector<Place>& domain = domains_[cookie.domain];
  nodes_.push_back({std::move(cookie), ++numbers_, ++uses_});
  domain.push_back(std::prev(nodes_.end()));
  return true;
}

void CookieJar::Store::use(Place place) {
  place->used = ++uses_;
  nodes_.splice(nodes_.end(), nodes_, place);
}

void CookieJar::Store::erase(Place place) {
  const auto domain = domains_.find(place->cookie.domain);
  std::erase(domain->second, place);
  if (domain->second.empty()) domains_.erase(domain);
  nodes_.erase(place);
}

/// For one more of that domain. What has expired goes first there, then what was used longest ago.
void CookieJar::Store::make_room(const std::string& domain, sys_seconds now) {
  const auto of_domain = domains_.find(domain);
  if (of_domain != domains_.end() && of_domain->second.size() >= limits_.per_domain) {
    const auto oldest = std::ranges::min_element(
        of_domain->second, {}, [&](Place at) { return std::pair(!has_expired(at->cookie, now), at->used); });
    erase(*oldest);
  }
  if (nodes_.size() >= limits_.total) erase(nodes_.begin());
}

std::string CookieJar::Store::header_for(const url::Url& url, sys_seconds now) {
  const std::lock_guard lock(mutex_);
  std::vector<Place> chosen;
  std::vector<Place> expired;
  const bool address = is_address(url.host());
  for (std::string_view domain = url.host(); !domain.empty();) {
    if (const auto found = domains_.find(domain); found != domains_.end()) {
      for (const Place at : found->second) {
        if (has_expired(at->cookie, now)) {
          expired.push_back(at);
        } else if (is_for(at->cookie, url)) {
          chosen.push_back(at);
        }
      }
    }
    const std::size_t dot = domain.find('.');
    if (address || dot == std::string_view::npos) break;
    domain.remove_prefix(dot + 1);
  }
  std::ranges::sort(chosen, {}, [](Place at) {
    return std::tuple(-static_cast<std::ptrdiff_t>(at->cookie.path.size()), at->cookie.created, at->number);
  });
  std::string header;
  for (const Place at : chosen) {
    if (!header.empty()) header += "; ";
    header.append(at->cookie.name).append("=").append(at->cookie.value);
    use(at);
  }
  for (const Place at : expired) erase(at);
  return header;
}

std::vector<StoredCookie> CookieJar::Store::cookies(sys_seconds now) const {
  const std::lock_guard lock(mutex_);
  std::vector<StoredCookie> cookies;
  for (const Node& node : nodes_) {
    if (!has_expired(node.cookie, now)) cookies.push_back(node.cookie);
  }
  return cookies;
}

void CookieJar::Store::clear() {
  const std::lock_guard lock(mutex_);
  domains_.clear();
  nodes_.clear();
}

CookieJar::CookieJar(const CookieLimits& limits) : store_(std::make_shared<Store>(limits)) {}

bool CookieJar::store(const url::Url& url, std::string_view set_cookie) {
  const std::optional<SetCookieField> field = parse_set_cookie(set_cookie);
  if (!field) return false;
  const sys_seconds now = now_in_seconds();
  std::optional<StoredCookie> cookie = cookie_from(url, *field, now);
  return cookie && store_->take(*std::move(cookie), url.is_secure(), now);
}

bool CookieJar::store(const url::Url& url, const http::Headers& response) {
  bool changed = false;
  for (const http::HeaderField& field : response) {
    if (field.id == http::HeaderName::SetCookie && store(url, field.value)) changed = true;
  }
  return changed;
}

std::string CookieJar::header_for(const url::Url& url) const {
  return store_->header_for(url, now_in_seconds());
}

std::vector<StoredCookie> CookieJar::cookies() const {
  return store_->cookies(now_in_seconds());
}
std::size_t CookieJar::size() const {
  return cookies().size();
}
void CookieJar::clear() {
  store_->clear();
}

std::string CookieJar::save() const {
  Result<std::string> text = json::to_string(SavedCookies{SavedCookies::kVersion, cookies()});
  RONDEAU_ASSERT(text.has_value());  // all texts are UTF-8, and all dates have four digits
  return *std::move(text);
}

Result<void> CookieJar::load(std::string_view saved) {
  auto read = json::parse<SavedCookies>(saved);
  if (!read) return rondeau::Error(Errc::InvalidData, "cookies: not what save() gives");
  if (read->version != SavedCookies::kVersion) return rondeau::Error(Errc::InvalidData, "cookies: of an unknown version");
  const sys_seconds now = now_in_seconds();
  for (StoredCookie& cookie : read->cookies) {
    if (is_lawful(cookie)) store_->take(std::move(cookie), true, now);
  }
  return {};
}

}  // namespace rondeau::client
