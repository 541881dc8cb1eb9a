#include "service/running.h"

#include <chrono>
#include <cstdio>
#include <string_view>
#include <utility>

#include <rondeau/base/ip_address.h>
#include <rondeau/client/client.h>
#include <rondeau/client/response.h>
#include <rondeau/runtime/runtime.h>

namespace rondeau::service {
namespace {

enum : int { kDone = 0, kNo = 1, kNobody = 2 };

/// Probes of containers give up after 30 s, and the checks behind /readyz have one.
constexpr std::chrono::seconds kPatience{5};

std::optional<Reachable> reach(const base::SocketAddress& address) {
  if (address.is_unix()) {
    std::string path(address.path());
    if (path.starts_with('\0')) path[0] = '@';
    return Reachable{"http://localhost", std::move(path)};
  }
  if (address.port() == 0) return std::nullopt;
  // Who listens everywhere listens here, too.
  const std::string_view everywhere = address.is_v4() ? "127.0.0.1" : "::1";
  const std::string host = address.ip().is_unspecified() ? std::string(everywhere) : address.ip().to_string();
  return Reachable{"http://" + (address.is_v4() ? host : "[" + host + "]") + ":" + std::to_string(address.port()), {}};
}

int say(const std::string& name, const std::string& what, int code) {
  std::fprintf(stderr, "%s: %s\n", name.c_str(), what.c_str());
  return code;
}

struct Asked {
  http::Method method;
  std::string url;
  std::optional<std::string> unix_socket;
  Secret<std::string> token;
};

/// The body of a 2xx; the error says what came instead.
Task<Result<std::string>> ask(Asked asked) {
  RONDEAU_TRY(const Client client, Client::build({.unix_socket = asked.unix_socket}));
  auto request = client.request(asked.method, asked.url).timeout(kPatience);
  if (!asked.token.empty()) request = std::move(request).bearer(asked.token);
  auto answer = co_await std::move(request).send();
  if (!answer) co_return Error(Errc::Other, answer.error().message());
  auto body = co_await answer->text();
  std::string text = body ? *std::move(body) : std::string();
  while (text.ends_with('\n')) text.pop_back();
  if (http::is_success(answer->status())) co_return text;
  co_return Error(Errc::Other, asked.url + ": " + std::to_string(http::code(answer->status())) + (text.empty() ? "" : ": " + text));
}

int run(const std::string& name, Asked asked) {
  auto runtime = runtime::Builder::current_thread().build();
  if (!runtime) return say(name, runtime.error().message(), kNo);
  const Result<std::string> answer = runtime->block_on(ask(std::move(asked)));
  if (!answer) return say(name, std::string(answer.error().context()), kNo);
  std::printf("%s\n", answer->c_str());
  return kDone;
}

}  // namespace

std::optional<Reachable> admin_of(const std::optional<admin::Terms>& terms) {
  return terms ? reach(terms->address) : std::nullopt;
}

std::optional<Reachable> public_of(const ServerSettings& settings, const ListenTerms& terms) {
  if (!settings.health || terms.tls || terms.proxies) return std::nullopt;
  for (const base::SocketAddress& address : terms.addresses) {
    if (auto found = reach(address)) return found;
  }
  return std::nullopt;
}

int check_health(const std::string& name, const std::optional<Reachable>& process, const std::optional<std::string>& url) {
  if (url) return run(name, {http::Method::Get, *url, std::nullopt, {}});
  if (!process) {
    return say(name, "--health-check: no settings say where /readyz is answered in clear text; set admin.listen, or --url", kNobody);
  }
  return run(name, {http::Method::Get, process->base + "/readyz", process->unix_socket, {}});
}

int tell_to_drain(const std::string& name, const std::optional<Reachable>& process, const Secret<std::string>& token) {
  if (!process) return say(name, "--drain: needs admin.listen, with a port that the settings name", kNobody);
  return run(name, {http::Method::Post, process->base + "/admin/drain", process->unix_socket, token});
}

}  // namespace rondeau::service
