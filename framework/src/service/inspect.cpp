#include "service/inspect.h"

#include <algorithm>
#include <cstdio>

#include <rondeau/openapi/diff.h>

namespace rondeau::service {
namespace {

void print_lint(const routing::Dispatcher& routes) {
  for (const std::string& sentence : lint(routes)) std::printf("lint: %s\n", sentence.c_str());
}

bool changes_things(const std::string& method) {
  return method == "POST" || method == "PUT" || method == "PATCH" || method == "DELETE";
}

bool tells_its_answer(const schema::Operation& operation) {
  return !operation.opaque_result || std::ranges::any_of(operation.responses, [](const schema::Response& response) {
    return response.status && http::code(*response.status) < 400;
  });
}

}  // namespace

int inspect(const Flags& flags, const openapi::Info& info, const routing::Dispatcher& routes) {
  if (flags.action == Action::CheckConfig) return print_lint(routes), 0;
  if (flags.action == Action::PrintRoutes) {
    std::fputs(routes_text(routes).c_str(), stdout);
    print_lint(routes);
    return 0;
  }
  const auto document = openapi::write_document(routes.operations(), info);
  if (!document) {
    std::fprintf(stderr, "%s: %s\n", info.title.c_str(), document.error().message().c_str());
    return flags.action == Action::OpenApiDiff ? 2 : 1;
  }
  if (flags.action == Action::OpenApiDiff) return openapi::print_diff_to_file(flags.older_document, *document);
  std::fputs(document->c_str(), stdout);
  return 0;
}

std::string routes_text(const routing::Dispatcher& routes) {
  const std::vector<routing::RouteLine> lines = routes.routes();
  std::size_t method_width = 0;
  std::size_t pattern_width = 0;
  std::size_t id_width = 0;
  for (const routing::RouteLine& line : lines) {
    method_width = std::max(method_width, line.method.size());
    pattern_width = std::max(pattern_width, line.pattern.size());
    id_width = std::max(id_width, line.id.size());
  }
  const auto column = [](std::string text, std::size_t width) {
    text.resize(width + 2, ' ');
    return text;
  };
  std::string text;
  for (const routing::RouteLine& line : lines) {
    text += column(line.method, method_width) + column(line.pattern, pattern_width) + column(line.id, id_width) +
            line.place + "\n";
    std::string below;
    for (const std::string& layer : line.layers) below += (below.empty() ? "layers: " : ", ") + layer;
    if (line.body_limit) below += (below.empty() ? "body: " : "; body: ") + std::to_string(*line.body_limit) + " bytes";
    if (!below.empty()) text += column("", method_width) + below + "\n";
  }
  return text;
}

std::vector<std::string> lint(const routing::Dispatcher& routes) {
  std::vector<std::string> sentences;
  const std::vector<routing::RouteLine> lines = routes.routes();
  const std::vector<schema::Operation> operations = routes.operations();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const routing::RouteLine& line = lines[i];
    const schema::Operation& operation = operations[i];
    const auto say = [&](const std::string& what) {
      sentences.push_back(line.method + " " + line.pattern + " at " + line.place + " " + what);
    };
    if ((line.method == "GET" || line.method == "HEAD") && operation.body) {
      say("reads a body, which clients and caches need not send on");
    }
    if (changes_things(line.method) && !line.has_auth) say("changes things, and nothing around it asks who it is");
    for (const std::string& name : line.unread_parameters) say("has {" + name + "} in its pattern, which nobody reads");
    if (operation.hidden) continue;
    if (operation.summary.empty()) say("has no summary");
    if (!tells_its_answer(operation)) say("returns a bare Response: also() tells documents what it answers");
  }
  return sentences;
}

}  // namespace rondeau::service
