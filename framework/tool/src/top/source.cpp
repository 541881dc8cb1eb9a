#include "top/source.h"

#include <chrono>
#include <utility>

namespace rondeau::tool::top {
namespace {

constexpr std::chrono::seconds kPatience{5};        // with each page
constexpr std::uint64_t kMostBytes = 256ULL << 20;  // of a page: ten thousand tasks in deep calls

std::string sentence_of(const client::Error& error, const std::string& address) {
  using client::ErrorKind;
  if (error == ErrorKind::Connect) return "nobody answers at " + address + ": " + error.cause();
  return error.message();
}

Refusal why_not(http::StatusCode status, const std::string& address, const std::string& path) {
  switch (status) {
    case http::StatusCode::Unauthorized:
      return fail(address + " wants its admin.token: give it by --token or RONDEAU_ADMIN_TOKEN");
    case http::StatusCode::Forbidden:
      return fail(address + " shows no more than health and metrics: its admin.scope has to be full");
    case http::StatusCode::MisdirectedRequest:
      return fail(address + " does not go by that name: ask by address, or add the name to its admin.hosts");
    case http::StatusCode::NotFound:
      return fail(address + " has no " + path + ": is that the admin listener (admin.listen) of a service?");
    default:
      return fail(address + path + " answered " + std::to_string(static_cast<unsigned>(status)));
  }
}

}  // namespace

Outcome<Source> Source::at(const std::string& where, Secret<std::string> token) {
  constexpr std::string_view kUnix = "unix:";
  client::ClientOptions options;
  options.timeouts.connect = kPatience;
  options.timeouts.total = kPatience;
  options.limits.body = kMostBytes;
  options.redirects = client::RedirectPolicy::none();
  options.propagate_to = std::vector<std::string>();
  std::string url = where.find("://") == std::string::npos ? "http://" + where : where;
  if (where.starts_with(kUnix)) {
    options.unix_socket = where.substr(kUnix.size());
    url = "http://localhost";
  }
  while (url.ends_with('/')) url.pop_back();
  options.base_url = url;
  auto made = client::Client::build(std::move(options));
  if (!made) return refuse("there is no admin listener at \"" + where + "\": " + made.error().message());
  return Source(*std::move(made), where.starts_with(kUnix) ? where : url, std::move(token));
}

Task<Outcome<Look>> Source::look() const {
  RONDEAU_TRY(const std::string runtime, co_await page("/admin/runtime?format=json"));
  const base::Instant at = base::Instant::now();
  RONDEAU_TRY(const std::string tasks, co_await page("/admin/tasks?format=json"));
  RONDEAU_TRY(const std::string connections, co_await page("/admin/connections?format=json"));
  RONDEAU_TRY(const std::string metrics, co_await page("/metrics"));
  Look look;
  look.at = at;
  RONDEAU_TRY(look.figures, read_figures(runtime));
  RONDEAU_TRY(look.tasks, read_tasks(tasks));
  RONDEAU_TRY(look.connections, read_connections(connections));
  look.counts = read_counts(metrics);
  co_return look;
}

Task<Outcome<std::string>> Source::page(std::string path) const {
  auto request = client_.get(path);
  if (!token_.empty()) request = std::move(request).bearer(token_);
  auto answer = co_await std::move(request).send();
  if (!answer) co_return fail(sentence_of(answer.error(), address_));
  if (answer->status() != http::StatusCode::Ok) {
    co_return why_not(answer->status(), address_, path.substr(0, path.find('?')));
  }
  auto text = co_await answer->text();
  if (!text) co_return fail(sentence_of(text.error(), address_));
  co_return *std::move(text);
}

}  // namespace rondeau::tool::top
