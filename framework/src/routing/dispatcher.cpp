// Which route answers: by path, then by method.
#include <rondeau/routing/dispatcher.h>

#include <bit>

#include "routing/tables.h"

namespace rondeau::routing {
namespace {

using http::Method;

std::uint32_t choose(const Endpoint& endpoint, Method method) noexcept {
  std::uint64_t bit = bit_of(method);
  if ((endpoint.methods & bit) == 0 && method == Method::Head) bit = bit_of(Method::Get);
  if ((endpoint.methods & bit) != 0) {
    return endpoint.first + static_cast<std::uint32_t>(std::popcount(endpoint.methods & (bit - 1)));
  }
  if (endpoint.any != RouteTree::kNone && method != Method::Trace && method != Method::Connect) return endpoint.any;
  return method == Method::Options ? endpoint.options : endpoint.refused;
}

/// How many bytes the first `segments` segments of a path take, with their slashes.
std::uint32_t prefix_length(std::string_view path, std::uint32_t segments) noexcept {
  std::size_t at = 0;
  for (; segments > 0; --segments) at = path.find('/', at + 1);
  return static_cast<std::uint32_t>(at == std::string_view::npos ? path.size() : at);
}

}  // namespace

Dispatcher::Dispatcher(std::unique_ptr<const Tables> tables) noexcept : tables_(std::move(tables)) {}
Dispatcher::~Dispatcher() = default;

handler::ResponseFuture Dispatcher::handle(http::Request request) const {
  http::RequestBlock& block = request.block();
  http::RouteMatch& match = block.route;
  match.stripped = 0;
  const std::string_view path = request.path();
  std::uint32_t number = tables_->not_found;
  const std::uint32_t found = path.starts_with('/') ? tables_->tree.find(path, match) : RouteTree::kNone;
  if (found != RouteTree::kNone) {
    const Endpoint& endpoint = *tables_->endpoints[found];
    match.pattern = endpoint.pattern;
    match.route = &endpoint;
    match.parameter_names = endpoint.parameter_names.data();
    number = choose(endpoint, request.method());
  } else {
    match.pattern = {};
    match.route = nullptr;
    if (path == "*") {
      number = tables_->server_options;
    } else if (const std::uint32_t scope = tables_->scopes.find(path, match); scope != RouteTree::kNone) {
      number = scope;
    }
    match.parameter_count = 0;
  }
  const Served& served = tables_->served[number];
  if (served.prefix_segments != 0) match.stripped = prefix_length(path, served.prefix_segments);

  handler::ResponseFuture answer;
  if (request.is_owned()) {
    answer.set(served.chain.run_owned(0, std::move(request)));
  } else {
    served.chain.run(0, block, answer);
  }
  return answer;
}

}  // namespace rondeau::routing
