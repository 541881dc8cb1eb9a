#include "service/inspect.h"

#include <algorithm>
#include <cstdio>

#include <rondeau/openapi/diff.h>

namespace rondeau::service {
namespace {

void print_lint(const routing::Dispatcher& routes) {
  for (const std::string& sentence : routes.lint()) std::printf("lint: %s\n", sentence.c_str());
}

}  // namespace

int inspect(const Flags& flags, const openapi::Info& info, const routing::Dispatcher& routes) {
  if (flags.action == Action::Migrate) return 0;
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

}  // namespace rondeau::service
