#include "table.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <rondeau/json/json.h>
#include <rondeau/text/ascii.h>
#include <rondeau/url/authority.h>

namespace gateway {
namespace {

using namespace rondeau;

bool fits_host(std::string_view wanted, const Request& request) {
  const auto asked = url::parse_authority(request.authority());
  if (!asked) return false;
  if (!wanted.starts_with("*.")) return text::equals_ignoring_case(wanted, asked->host);
  const std::string_view end = wanted.substr(1);
  return asked->host.size() > end.size() &&
         text::equals_ignoring_case(asked->host.substr(asked->host.size() - end.size()), end);
}

/// "/orders" is the beginning of "/orders" and "/orders/7", and not of "/ordersheet".
bool begins_with(std::string_view path, std::string_view prefix) noexcept {
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

template <class T>
std::string written(const T& settings) {
  return json::to_string(settings).value_or(std::string());
}

}  // namespace

bool Route::fits(const Request& request) const {
  if (settings.host && !fits_host(*settings.host, request)) return false;
  if (!begins_with(request.path(), settings.prefix)) return false;
  if (!settings.headers) return true;
  return std::ranges::all_of(*settings.headers, [&](const auto& wanted) {
    return request.header(wanted.first) == std::string_view(wanted.second);
  });
}

bool Route::takes(Method method) const noexcept {
  return methods.empty() || std::ranges::find(methods, method) != methods.end();
}

client::Forwarding Route::forwarding(const Request& request) const {
  client::Forwarding how;
  std::string_view path = request.path();
  if (settings.rewrite) {
    std::string_view prefix = settings.prefix;
    while (prefix.ends_with('/')) prefix.remove_suffix(1);
    path.remove_prefix(prefix.size());
    how.target = *settings.rewrite;
    while (how.target.ends_with('/')) how.target.pop_back();
  }
  how.target += path;
  if (how.target.empty()) how.target = "/";
  if (!request.query().empty()) how.target.append("?").append(request.query());
  if (settings.set_request_headers) {
    for (const auto& [name, value] : *settings.set_request_headers) static_cast<void>(how.set.set(name, value));
  }
  how.remove = settings.remove_request_headers.value_or(std::vector<std::string>());
  return how;
}

Result<std::shared_ptr<const Table>> Table::make(const GatewayFile& file, const Table* before) {
  std::map<std::string, std::shared_ptr<Upstream>> upstreams;
  for (const auto& [name, settings] : file.upstreams) {
    std::shared_ptr<Upstream> known;
    if (before != nullptr) {
      const auto found = before->upstreams_.find(name);
      if (found != before->upstreams_.end()) known = found->second;
    }
    if (known != nullptr && written(known->settings()) == written(settings)) {
      upstreams.emplace(name, std::move(known));
      continue;
    }
    RONDEAU_TRY_PLAIN(auto made, Upstream::make(name, settings, known.get()));
    upstreams.emplace(name, std::move(made));
  }
  return std::make_shared<const Table>(file, std::move(upstreams), before);
}

Table::Table(const GatewayFile& file, std::map<std::string, std::shared_ptr<Upstream>> upstreams, const Table* before)
    : upstreams_(std::move(upstreams)) {
  for (const RouteSettings& settings : file.routes) {
    Route route{settings, {}, upstreams_.at(settings.upstream)};
    for (const std::string& method : settings.methods.value_or(std::vector<std::string>())) {
      route.methods.push_back(http::parse_method(method).value());
    }
    if (settings.rate_limit) route.limit = before != nullptr ? before->limit_of(settings) : std::nullopt;
    if (settings.rate_limit && !route.limit) route.limit = gateway::limit_of(*settings.rate_limit);
    routes_.push_back(std::move(route));
  }
}

std::optional<RateLimit> Table::limit_of(const RouteSettings& settings) const {
  for (const Route& route : routes_) {
    if (route.limit && written(route.settings) == written(settings)) return route.limit;
  }
  return std::nullopt;
}

void Table::watch_health(const Table* before) const {
  for (const auto& [name, upstream] : upstreams_) {
    const auto known = before != nullptr ? before->upstreams_.find(name) : upstreams_.end();
    if (before != nullptr && known != before->upstreams_.end() && known->second == upstream) continue;
    upstream->watch_health();
  }
}

const Route* Table::find(const Request& request, bool& other_method) const {
  for (const Route& route : routes_) {
    if (!route.fits(request)) continue;
    if (route.takes(request.method())) return &route;
    other_method = true;
  }
  return nullptr;
}

}  // namespace gateway
