#include "admin/pages.h"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/json/write.h>
#include <rondeau/middleware/catch.h>
#include <rondeau/middleware/metrics.h>
#include <rondeau/observe/log.h>
#include <rondeau/openapi/document.h>
#include <rondeau/response/problem.h>
#include <rondeau/rondeau.h>
#include <rondeau/runtime/dump.h>
#include <rondeau/time/timeout.h>

#include "admin/doorkeeper.h"
#include "admin/figures.h"
#include "service/access_log.h"
#include "service/inspect.h"

namespace rondeau::admin {
namespace {

using http::Response;
using http::StatusCode;
using Page = Result<Response, Problem>;

constexpr std::size_t kMostTasks = 10'000;
constexpr std::size_t kLongestSpec = 4096;  // bytes of PUT /admin/log-level
/// Longer than the checks have. Who does not answer then is stuck.
constexpr std::chrono::milliseconds kForReadiness{2500};

enum class Form { Text, Json };

Result<Form, Problem> form_of(const Request& request) {
  const std::string_view query = request.query();
  if (query == "format=json") return Form::Json;
  if (query == "format=text") return Form::Text;
  if (!query.empty()) return problem(StatusCode::BadRequest, "the query may say format=text or format=json");
  const bool json = request.header(http::HeaderName::Accept).value_or("").find("application/json") != std::string_view::npos;
  return json ? Form::Json : Form::Text;
}

/// `write(form)` gives the text.
template <class F>
Page in_form(const Request& request, F write) {
  RONDEAU_TRY_PLAIN(const Form form, form_of(request));
  std::string text = write(form);
  return form == Form::Json ? Response::json_text(std::move(text)) : Response::text(std::move(text));
}

std::string tasks(const Desk& desk, Form form) {
  Dump dump = desk.runtime.dump_now();
  const std::size_t total = dump.tasks.size();
  if (total > kMostTasks) dump.tasks.resize(kMostTasks);
  if (form == Form::Json) return dump.json().insert(1, "\"total\":" + std::to_string(total) + ",");
  std::string text = dump.text();
  if (total > kMostTasks) text += "and " + std::to_string(total - kMostTasks) + " more, which were spawned later\n";
  return text;
}

std::string connections(const Desk& desk, Form form) {
  const server::Overview::Connections open = desk.server->connections(kMostTasks);
  if (form == Form::Json) return json::to_string(open).value_or("{}");
  std::string text = std::to_string(open.total) + (open.total == 1 ? " connection\n" : " connections\n");
  for (const server::OpenConnection& each : open.connections) {
    text += (each.peer.empty() ? "unknown" : each.peer) + "  " + (each.in_request ? "in a request" : "idle") + "  " +
            std::to_string(each.age_ms) + " ms old\n";
  }
  return text;
}

std::string settings(const Desk& desk, Form form) {
  if (form == Form::Json) {
    std::string out = "[";
    for (const Setting& each : desk.settings) {
      // The value is JSON already.
      out += (out.size() > 1 ? ",{\"key\":" : "{\"key\":") + json::to_string(each.key).value_or("\"\"") +
             ",\"value\":" + each.value + ",\"origin\":" + json::to_string(each.origin).value_or("\"\"") + "}";
    }
    return out + "]";
  }
  std::string text;
  for (const Setting& each : desk.settings) text += each.key + " = " + each.value + "  (" + each.origin + ")\n";
  return text;
}

struct RouteRow {
  std::string method;
  std::string pattern;
  std::string id;
  std::string place;
  std::vector<std::string> layers;
};

std::string routes(const routing::Dispatcher& dispatcher, Form form) {
  if (form == Form::Text) return service::routes_text(dispatcher);
  std::vector<RouteRow> rows;
  for (routing::RouteLine& line : dispatcher.routes()) {
    rows.push_back({line.method, line.pattern, line.id, line.place, line.layers});
  }
  return json::to_string(rows).value_or("[]");
}

Problem not_yet() {
  return problem(StatusCode::ServiceUnavailable, "the service is not set up yet");
}

/// What changes something leaves a line, with who wanted it.
void log_change(std::string_view what, std::string_view value, const Request& request) {
  const std::string peer = request.peer() != nullptr ? request.peer()->to_string() : std::string();
  log::write(log::Level::Warn, "admin", what, {{"value", value}, {"peer", peer}});
}

Task<Response> ready(std::shared_ptr<const Desk> desk) {
  // The checks belong to the service's runtime, and this is another.
  auto asked = desk->runtime.spawn(Health::ask(desk->health));
  const auto answer = co_await timeout(kForReadiness, asked);
  if (answer && *answer) {
    co_return Response::text((*answer)->text, (*answer)->ready ? StatusCode::Ok : StatusCode::ServiceUnavailable);
  }
  asked.abort();  // so that probes of a runtime that is stuck do not pile up in it
  co_return Response::text("the checks do not come to an end\n", StatusCode::ServiceUnavailable);
}

Router<> open_pages(const std::shared_ptr<const Desk>& desk) {
  Router<> router;
  router.get<"/healthz">([desk] {
    Liveness::Report report = desk->liveness->look();
    return Response::text(std::move(report.text), report.alive ? StatusCode::Ok : StatusCode::ServiceUnavailable);
  });
  router.get<"/readyz">([desk] { return ready(desk); });
  router.get<"/startupz">([desk] {
    return desk->health->is_started() ? Response::static_text("started\n")
                                      : Response::static_text("starting\n", StatusCode::ServiceUnavailable);
  });
  router.get<"/metrics">(middleware::prometheus(desk->metrics));
  return router;
}

Router<> kept_pages(const std::shared_ptr<const Desk>& desk) {
  Router<> router;
  router.get<"/admin/tasks">([desk](Request request) -> Page {
    return in_form(request, [&](Form form) { return tasks(*desk, form); });
  });
  router.get<"/admin/runtime">([desk](Request request) -> Page {
    return in_form(request, [&](Form form) {
      return form == Form::Json ? figures_json(desk->runtime.metrics()) : figures_text(desk->runtime.metrics());
    });
  });
  router.get<"/admin/connections">([desk](Request request) -> Page {
    return in_form(request, [&](Form form) { return connections(*desk, form); });
  });
  router.get<"/admin/config">([desk](Request request) -> Page {
    return in_form(request, [&](Form form) { return settings(*desk, form); });
  });
  router.get<"/admin/routes">([desk](Request request) -> Page {
    const auto dispatcher = desk->routes();
    if (dispatcher == nullptr) return not_yet();
    return in_form(request, [&](Form form) { return routes(*dispatcher, form); });
  });
  router.get<"/openapi.json">([desk]() -> Page {
    const auto dispatcher = desk->routes();
    if (dispatcher == nullptr) return not_yet();
    auto document = openapi::write_document(dispatcher->operations(), {.title = desk->name, .version = desk->version});
    if (!document) return Problem(document.error());
    return Response::json_text(*std::move(document));
  });
  router.get<"/admin/log-level">([] { return log::levels() + "\n"; });
  return router;
}

Task<Page> put_levels(Request request) {
  const auto read = co_await request.body().buffer(kLongestSpec);
  if (!read) co_return problem(http::status_of_body_error(read.error()), "the body cannot be read");
  std::string_view spec = request.body().buffered();
  while (spec.ends_with('\n') || spec.ends_with('\r')) spec.remove_suffix(1);  // as echo(1) and curl send it
  const Result<void> set = log::set_levels(spec);
  if (!set) co_return problem(StatusCode::BadRequest, std::string(set.error().context()));
  const std::string levels = log::levels();
  log_change("log levels changed", levels, request);
  co_return Response::text(levels + "\n");
}

Task<Page> reload(std::shared_ptr<const Desk> desk, Request request) {
  auto asked = desk->runtime.spawn(desk->reload());
  const auto done = co_await std::move(asked);
  if (!done) co_return problem(StatusCode::ServiceUnavailable, "the service ends");
  if (!*done) co_return problem(StatusCode::Conflict, done->error().message());
  log_change("reloaded", **done, request);
  co_return Response::text(**done + "\n");
}

void add_changes(Router<>& router, const std::shared_ptr<const Desk>& desk) {
  router.put<"/admin/log-level">(&put_levels).body_limit(kLongestSpec);
  router.post<"/admin/drain">([desk](Request request) {
    log_change("told to drain", "", request);
    desk->drain();
    return Response::static_text("draining\n", StatusCode::Accepted);
  });
  router.post<"/admin/reload">([desk](Request request) { return reload(desk, std::move(request)); });
}

}  // namespace

Router<> pages(std::shared_ptr<const Desk> desk, const Terms& terms) {
  Router<> kept = kept_pages(desk);
  add_changes(kept, desk);
  Router<> all = open_pages(desk);
  kept.layer(Keyholder{terms.scope, terms.token});
  all.merge(std::move(kept));
  all.layer(middleware::Catch{&service::log_unhandled});
  all.layer(Doorkeeper{terms.hosts});
  return all;
}

}  // namespace rondeau::admin
