#include <rondeau/extract/conditions.h>

namespace rondeau {

bool Extract<http::Conditions>::extract(extract::Context& context, http::Conditions* slot, Rejection&) {
  const http::Request& request = context.request();
  std::construct_at(slot, request.method(), request.headers());
  return true;
}

void Extract<http::Conditions>::describe(schema::Operation& operation) {
  for (const char* field : {"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"}) {
    operation.parameter(schema::In::Header, field, schema::Form::text(), false);
  }
}

}  // namespace rondeau
