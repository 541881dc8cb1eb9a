#include "server/refusals.h"

#include <cstdio>
#include <exception>
#include <string>

#include <rondeau/middleware/request_id.h>
#include <rondeau/response/problem.h>
#include <rondeau/response/unhandled.h>
#include <rondeau/server/serve.h>

namespace rondeau::server {

http::Response refuse(Shared& server, const base::SocketAddress* peer, http::RequestBlock* about,
                      http::StatusCode status, std::string_view reason) {
  http::RequestBlock nothing;
  nothing.head.base = "";
  http::RequestBlock& block = about != nullptr ? *about : nothing;
  if (block.request_id.empty()) block.request_id = middleware::make_request_id().to_string();
  const http::Request request(block);
  http::Response response = response::Problem(status, std::string(reason)).into_response(request);
  response.header(http::HeaderName::XRequestId, block.request_id);
  if (server.on_refused != nullptr) {
    server.on_refused({status, reason, about != nullptr ? &request : nullptr, peer, block.request_id});
  }
  return response;
}

void tell_broken(const Shared& server, http::RequestBlock& about, std::string_view why) {
  if (server.on_broken == nullptr) return;
  const http::Request request(about);
  server.on_broken({request, why});
}

http::Response caught(const http::Request& request) {
  response::print_unhandled(request, response::describe_exception(std::current_exception()));
  return response::unhandled_response(request);
}

http::Response replace_faulty(const http::Request& request, const Error& why) {
  const std::string text = why.message();
  std::fprintf(stderr, "rondeau: the answer to %.*s cannot be sent: %s\n",
               static_cast<int>(request.route().pattern.size()), request.route().pattern.data(), text.c_str());
  return response::unhandled_response(request);
}

}  // namespace rondeau::server
