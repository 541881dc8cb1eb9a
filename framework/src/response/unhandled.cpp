#include <rondeau/response/unhandled.h>

#include <cstdio>

#include <rondeau/response/problem.h>

namespace rondeau::response {

std::string describe_exception(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& exception) {
    return exception.what();
  } catch (...) {
    return "an exception of unknown type";
  }
}

void print_unhandled(const http::Request& request, std::string_view what) {
  const std::string_view pattern = request.route().pattern;
  std::string line("rondeau: an exception left the handler of ");
  line.append(to_string(request.method())).append(" ").append(pattern.empty() ? "unmatched" : pattern);
  if (!request.request_id().empty()) line.append(" (request ").append(request.request_id()).append(")");
  line.append(": ");
  for (char c : what.substr(0, 1024)) line += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

http::Response unhandled_response(const http::Request& request) {
  return Problem(http::StatusCode::InternalServerError).into_response(request);
}

}  // namespace rondeau::response
