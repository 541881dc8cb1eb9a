#include "settings.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include <rondeau/config/loader.h>
#include <rondeau/http/headers.h>
#include <rondeau/http/method.h>
#include <rondeau/text/ascii.h>
#include <rondeau/url/authority.h>
#include <rondeau/url/url.h>

namespace gateway {
namespace {

using namespace rondeau;

void check_fields(const std::optional<std::map<std::string, std::string>>& fields, Violations& wrong) {
  if (!fields) return;
  http::Headers checked;
  for (const auto& [name, value] : *fields) {
    if (!checked.set(name, value)) wrong.add(value, "is no field that can be sent");
  }
}

void check_names(const std::optional<std::vector<std::string>>& names, Violations& wrong) {
  if (!names) return;
  for (const std::string& name : *names) {
    if (!text::is_token(name)) wrong.add(name, "is no name of a field");
  }
}

bool is_path(std::string_view path) noexcept {
  return path.starts_with('/') && path.find_first_of("?#") == std::string_view::npos;
}

bool is_host_pattern(std::string_view host) noexcept {
  if (host.starts_with("*.")) host.remove_prefix(2);
  return url::is_valid_host(host);
}

}  // namespace

void validate(const UpstreamSettings& upstream, Violations& wrong) {
  if (upstream.peers.empty()) wrong.add(upstream.peers, "needs at least one");
  for (const std::string& peer : upstream.peers) {
    const auto parsed = url::Url::parse(peer);
    if (!parsed) {
      wrong.add(peer, parsed.error().message());
    } else if (parsed->has_query()) {
      wrong.add(peer, "has a query");
    } else if (std::ranges::count(upstream.peers, peer) > 1) {
      wrong.add(peer, "is there twice");
    }
  }
  if (upstream.hash_header && upstream.balance != Balance::hash) {
    wrong.add(upstream.hash_header, "is for the balance \"hash\"");
  } else if (upstream.hash_header && !text::is_token(*upstream.hash_header)) {
    wrong.add(upstream.hash_header, "is no name of a field");
  }
  if (upstream.eject_after < 0) wrong.add(upstream.eject_after, "must not be negative");
  if (!upstream.health) return;
  const HealthSettings& health = *upstream.health;
  if (!is_path(health.path)) wrong.add(health.path, "must begin with a slash, and have no query");
  if (health.failures < 1) wrong.add(health.failures, "must be at least 1");
  if (health.successes < 1) wrong.add(health.successes, "must be at least 1");
  if (health.every < std::chrono::milliseconds(10)) wrong.add(health.every, "must be at least 10ms");
}

RateLimit limit_of(const RateLimitSettings& settings) {
  middleware::RateLimitOptions options{.quota = settings.requests, .window = settings.window, .burst = settings.burst};
  if (settings.by == LimitBy::header) options.key = RequestKey::by_header(settings.header.value_or(std::string()));
  if (settings.by == LimitBy::route) options.key = RequestKey::by([](Request&) { return std::optional<std::string>(""); });
  return RateLimit(std::move(options));
}

void validate(const RateLimitSettings& limit, Violations& wrong) {
  if ((limit.by == LimitBy::header) != limit.header.has_value()) {
    wrong.add(limit.by, "\"header\" and a name in `header` belong together");
  } else if (limit.header && !text::is_token(*limit.header)) {
    wrong.add(limit.header, "is no name of a field");
  } else if (const auto checked = limit_of(limit).check(); !checked) {
    wrong.add(limit.requests, checked.error().message());
  }
}

void validate(const RouteSettings& route, Violations& wrong) {
  if (route.host && !is_host_pattern(*route.host)) {
    wrong.add(route.host, "is no host; \"shop.example\" and \"*.shop.example\" are, without a port");
  }
  if (!is_path(route.prefix)) wrong.add(route.prefix, "must begin with a slash, and have no query");
  if (route.rewrite && !route.rewrite->empty() && !is_path(*route.rewrite)) {
    wrong.add(route.rewrite, "must be empty, or begin with a slash and have no query");
  }
  if (route.methods && route.methods->empty()) wrong.add(route.methods, "names no method; leave it out for all of them");
  for (const std::string& method : route.methods ? std::span(*route.methods) : std::span<const std::string>()) {
    if (!http::parse_method(method)) wrong.add(method, "is no method; they are written as \"GET\"");
  }
  check_fields(route.headers, wrong);
  check_fields(route.set_request_headers, wrong);
  check_fields(route.set_response_headers, wrong);
  check_names(route.remove_request_headers, wrong);
  check_names(route.remove_response_headers, wrong);
}

void validate(const GatewayFile& file, Violations& wrong) {
  for (const RouteSettings& route : file.routes) {
    if (!file.upstreams.contains(route.upstream)) wrong.add(route.upstream, "is no upstream of this file");
  }
}

Result<GatewayFile> read_gateway_file(const std::string& path) {
  GatewayFile file;
  config::Loader loader;
  loader.add(reflect::describe<GatewayFile>(), &file, config::Unset::Refused);
  loader.file(path, true);
  loader.require();
  loader.check();
  if (loader.mistakes().empty()) return file;
  std::string all = path + ":";
  for (const std::string& mistake : loader.mistakes()) all += "\n  " + mistake;
  return Error(Errc::InvalidArgument, std::move(all));
}

}  // namespace gateway
