#include "postgres/settings.h"

#include <errno.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string_view>

#include <rondeau/base/ip_address.h>

namespace rondeau::postgres {
namespace {

sql::Error config(std::string message) {
  return {sql::ErrorKind::Config, {.message = "postgres: " + std::move(message), .phase = sql::Phase::Open}};
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (std::size_t end; (end = list.find(',', begin)) != std::string::npos; begin = end + 1) {
    parts.push_back(list.substr(begin, end - begin));
  }
  parts.push_back(list.substr(begin));
  return parts;
}

bool is_loopback(const Host& host) {
  if (host.is_socket() || host.name == "localhost") return true;
  const auto address = IpAddress::parse(host.name);
  return address && address->is_loopback();
}

/// Where distributions keep the certificates they trust; libpq 15 has no word for it.
std::string system_ca_file() {
  if (const char* named = std::getenv("SSL_CERT_FILE"); named != nullptr && *named != '\0') return named;
  for (const char* path : {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"}) {
    std::error_code none;
    if (std::filesystem::exists(path, none)) return path;
  }
  return {};
}

const char* word(TlsMode mode) noexcept {
  switch (mode) {
    case TlsMode::Require:
      return "require";
    case TlsMode::VerifyCa:
      return "verify-ca";
    case TlsMode::VerifyFull:
      return "verify-full";
    default:
      return "disable";
  }
}

}  // namespace

Result<Settings, sql::Error> Settings::make(const std::string& url, Options options) {
  Settings settings;
  settings.options_ = std::move(options);
  if (settings.options_.max_connections == 0) return config("max_connections is 0");
  if (settings.options_.min_connections > settings.options_.max_connections) {
    return config("min_connections is larger than max_connections");
  }
  if (settings.options_.application_name.empty()) settings.options_.application_name = ::program_invocation_short_name;
  RONDEAU_TRY_VOID_PLAIN(settings.read(url));
  return settings;
}

Result<void, sql::Error> Settings::read(const std::string& url) {
  char* why = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(PQconninfoParse(url.c_str(), &why),
                                                                           PQconninfoFree);
  const std::unique_ptr<char, decltype(&PQfreemem)> reason(why, PQfreemem);
  // libpq's own words may quote what stands there, the password included.
  if (parsed == nullptr) return config("this is no URL of a database: postgres://user@host:port/name");
  std::string hosts;
  std::string addresses;
  std::string ports;
  std::string tls;
  for (const PQconninfoOption* option = parsed.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr || *option->val == '\0') continue;
    const std::string_view keyword = option->keyword;
    const std::string value = option->val;
    if (keyword == "host") {
      hosts = value;
    } else if (keyword == "hostaddr") {
      addresses = value;
    } else if (keyword == "port") {
      ports = value;
    } else if (keyword == "sslmode") {
      tls = value;
    } else if (keyword == "options") {
      own_options_ = value;
    } else if (keyword == "application_name") {
      options_.application_name = value;
    } else if (keyword == "sslrootcert") {
      options_.ca_file = value;
    } else if (keyword == "password") {
      if (!options_.password) options_.password.emplace(value);
    } else if (keyword == "service" || keyword == "gssencmode" || keyword == "connect_timeout" ||
               keyword == "client_encoding") {
      return config(std::string(keyword) + " cannot be set in the URL");
    } else {
      if (keyword == "dbname") {
        if (options_.database.empty()) options_.database = value;
      } else {
        given_.emplace_back(keyword, value);
      }
    }
  }
  const std::string& database = options_.database;
  if (!database.empty()) given_.emplace_back("dbname", database);
  if (!addresses.empty()) return config("hostaddr cannot be set in the URL: give the address as the host");
  const std::vector<std::string> names = split(hosts.empty() ? "/var/run/postgresql" : hosts);
  const std::vector<std::string> numbers = split(ports.empty() ? "5432" : ports);
  if (numbers.size() != 1 && numbers.size() != names.size()) return config("there are not as many ports as hosts");
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::string number = numbers[numbers.size() == 1 ? 0 : i];
    if (number.empty()) number = "5432";
    Host host{names[i]};
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), host.port);
    if (host.name.empty()) return config("a host is empty");
    if (error != std::errc() || end != number.data() + number.size() || host.port == 0) return config("a port is no port");
    description_ += (i == 0 ? (database.empty() ? "the database" : database) + " on " : ", ") + host.name;
    if (!host.is_socket()) description_ += ":" + std::to_string(host.port);
    hosts_.push_back(std::move(host));
  }
  if (behind_transaction_pooler() && !own_options_.empty()) return config("a transaction pooler takes no options at the start");
  return choose_tls(tls);
}

Result<void, sql::Error> Settings::choose_tls(const std::string& mode) {
  if (mode == "prefer" || mode == "allow") {
    return config("sslmode=" + mode + " falls back to plain text without a word: say require, verify-ca, verify-full or disable");
  }
  if (options_.tls == TlsMode::Automatic && !mode.empty()) {
    tls_mode_ = mode;
  } else if (options_.tls == TlsMode::Automatic) {
    tls_mode_ = std::ranges::all_of(hosts_, is_loopback) ? "disable" : "verify-full";
  } else {
    tls_mode_ = word(options_.tls);
  }
  if (tls_mode_.starts_with("verify") && options_.ca_file.empty()) {
    options_.ca_file = system_ca_file();
    if (options_.ca_file.empty()) return config("no file of trusted certificates was found: set ca_file");
  }
  return {};
}

std::chrono::milliseconds Settings::server_timeout() const noexcept {
  return std::chrono::ceil<std::chrono::milliseconds>(options_.statement_timeout) + std::chrono::seconds(1);
}

std::string Settings::server_options() const {
  const auto idle = std::chrono::ceil<std::chrono::milliseconds>(options_.idle_in_transaction);
  std::string all = "-c statement_timeout=" + std::to_string(server_timeout().count()) +
                    " -c idle_in_transaction_session_timeout=" + std::to_string(idle.count()) +
                    " -c datestyle=ISO -c intervalstyle=iso_8601";
  if (!own_options_.empty()) all += ' ' + own_options_;
  return all;
}

Task<Result<Parameters, sql::Error>> Settings::parameters() const {
  Parameters parameters = given_;
  std::string names;
  std::string addresses;
  std::string ports;
  std::string unknown;
  const auto add = [&](const Host& host, const std::string& address) {
    if (!ports.empty()) {
      names += ',';
      addresses += ',';
      ports += ',';
    }
    names += host.name;
    addresses += address;
    ports += std::to_string(host.port);
  };
  for (const Host& host : hosts_) {
    if (host.is_socket()) {
      add(host, "");
      continue;
    }
    auto found = co_await options_.resolver.resolve(host.name, host.port);
    if (!found) {
      unknown = found.error().message();
      continue;
    }
    for (const SocketAddress& address : *found) {
      if (address.is_ip()) add(host, address.ip().to_string());
    }
  }
  if (ports.empty()) {
    co_return sql::Error(sql::ErrorKind::Connect, {.message = "postgres " + description_ + ": " + unknown,
                                                    .phase = sql::Phase::Open,
                                                    .retry = sql::Retry::Reconnect});
  }
  parameters.emplace_back("host", names);
  parameters.emplace_back("hostaddr", addresses);
  parameters.emplace_back("port", ports);
  if (options_.password) parameters.emplace_back("password", options_.password->reveal());
  parameters.emplace_back("sslmode", tls_mode_);
  if (!options_.ca_file.empty()) parameters.emplace_back("sslrootcert", options_.ca_file);
  parameters.emplace_back("gssencmode", "disable");
  parameters.emplace_back("keepalives_idle", "15");
  parameters.emplace_back("keepalives_interval", "15");
  parameters.emplace_back("keepalives_count", "3");
  parameters.emplace_back("tcp_user_timeout", "30000");
  if (behind_transaction_pooler()) co_return parameters;
  parameters.emplace_back("client_encoding", "UTF8");
  parameters.emplace_back("application_name", options_.application_name);
  parameters.emplace_back("options", server_options());
  co_return parameters;
}

}  // namespace rondeau::postgres
