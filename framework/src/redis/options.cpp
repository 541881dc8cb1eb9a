#include <rondeau/redis/options.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include <rondeau/text/percent.h>
#include <rondeau/tls/client_config.h>
#include <rondeau/url/authority.h>
#include <rondeau/url/query.h>

namespace rondeau::redis {
namespace {

constexpr std::size_t kMostConnections = 64;

Error wrong(std::string sentence) {
  return Error(ErrorKind::Config, Phase::Encode, "redis: " + std::move(sentence));
}

std::optional<std::uint32_t> number_in(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Result<void> read_user(Options& options, std::string_view user) {
  const std::size_t colon = user.find(':');
  auto name = text::percent_decode(user.substr(0, colon));
  auto password = text::percent_decode(colon == std::string_view::npos ? std::string_view() : user.substr(colon + 1));
  if (!name || !password) return wrong("user and password of a URL are percent-encoded");
  if (!name->empty() && password->empty()) return wrong("a URL with a user has a password too: user:password@host");
  options.username = *std::move(name);
  options.password = Secret(*std::move(password));
  return {};
}

Result<void> read_host(Options& options, std::string_view host) {
  const auto authority = url::parse_authority(host);
  if (!authority) return wrong("a URL names a host, as in redis://host:6379/0");
  std::string_view name = authority->host;
  if (name.starts_with('[')) name = name.substr(1, name.size() - 2);
  options.address = connect::HostPort{std::string(name), authority->port.value_or(6379)};
  return {};
}

Result<void> read_database(Options& options, std::string_view text) {
  const auto number = number_in(text);
  if (!number) return wrong("the database of a URL is a number, as in redis://host:6379/0");
  options.database = *number;
  return {};
}

Result<void> read_parameters(Options& options, std::string_view query) {
  url::QueryPairs pairs(query);
  for (url::QueryPair pair; pairs.next(pair);) {
    const auto name = pair.decoded_name();
    const auto value = pair.decoded_value();
    if (!name || !value) return wrong("the parameters of a URL are percent-encoded");
    const auto number = number_in(*value);
    if (*name == "name") {
      options.client_name = *value;
    } else if (*name == "db") {
      RONDEAU_TRY_VOID_PLAIN(read_database(options, *value));
    } else if (*name == "connections" && number) {
      options.connections = *number;
    } else if (*name == "connect_timeout_ms" && number) {
      options.connect_timeout = std::chrono::milliseconds(*number);
    } else if (*name == "command_timeout_ms" && number) {
      options.command_timeout = std::chrono::milliseconds(*number);
    } else {
      return wrong("a URL's parameters are db, name, connections, connect_timeout_ms and command_timeout_ms, not " +
                   name->substr(0, 32));
    }
  }
  return {};
}

Result<void> use_tls(Options& options) {
  auto config = tls::ClientConfig::make();
  if (!config) return wrong("rediss: " + config.error().message());
  options.tls = connect::Tls{.config = *std::move(config)};
  return {};
}

}  // namespace

Result<Options> Options::from_url(std::string_view url) {
  Options options;
  const std::size_t scheme_end = url.find(':');
  const std::string_view scheme = url.substr(0, scheme_end);
  if (scheme_end == std::string_view::npos || (scheme != "redis" && scheme != "rediss" && scheme != "unix")) {
    return wrong("a URL begins with redis://, rediss:// or unix:");
  }
  std::string_view rest = url.substr(scheme_end + 1);
  if (rest.find('#') != std::string_view::npos) return wrong("a URL has no fragment");
  std::string_view query;
  if (const std::size_t mark = rest.find('?'); mark != std::string_view::npos) {
    query = rest.substr(mark + 1);
    rest = rest.substr(0, mark);
  }
  const bool has_authority = rest.starts_with("//");
  if (has_authority) rest.remove_prefix(2);
  if (!has_authority && scheme != "unix") return wrong("a URL begins with redis://, rediss:// or unix:");

  const std::size_t authority_end = scheme == "unix" && !has_authority ? 0 : rest.find('/');
  std::string_view authority = rest.substr(0, authority_end);
  std::string_view path = authority_end == std::string_view::npos ? std::string_view() : rest.substr(authority_end);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    RONDEAU_TRY_VOID_PLAIN(read_user(options, authority.substr(0, at)));
    authority.remove_prefix(at + 1);
  }
  if (scheme == "unix") {
    auto decoded = text::percent_decode(path);
    if (!decoded || decoded->empty() || !authority.empty()) return wrong("unix: is followed by a path");
    options.address = connect::UnixPath{*std::move(decoded)};
  } else {
    RONDEAU_TRY_VOID_PLAIN(read_host(options, authority));
    if (path.size() > 1) RONDEAU_TRY_VOID_PLAIN(read_database(options, path.substr(1)));
  }
  RONDEAU_TRY_VOID_PLAIN(read_parameters(options, query));
  if (scheme == "rediss") RONDEAU_TRY_VOID_PLAIN(use_tls(options));
  RONDEAU_TRY_VOID_PLAIN(check(options));
  return options;
}

Result<void> check(const Options& options) {
  if (options.connections == 0 || options.connections > kMostConnections) return wrong("connections are 1 to 64");
  if (options.max_in_flight == 0 || options.max_in_flight_bytes == 0) return wrong("something may be in flight");
  if (options.max_exclusive == 0) return wrong("max_exclusive is at least 1");
  for (const Duration time : {options.connect_timeout, options.command_timeout, options.dead_after,
                              options.ping_interval, options.acquire_timeout}) {
    if (time <= Duration::zero()) return wrong("times are above zero");
  }
  if (!options.username.empty() && options.password.empty()) return wrong("a username goes with a password");
  const auto is_bad = [](char c) { return c <= ' ' || c > '~'; };
  if (std::any_of(options.client_name.begin(), options.client_name.end(), is_bad)) {
    return wrong("a client's name is printable ASCII without spaces");
  }
  return {};
}

}  // namespace rondeau::redis
