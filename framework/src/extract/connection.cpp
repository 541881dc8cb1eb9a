#include <rondeau/extract/connection.h>

namespace rondeau::extract {

bool reject_extension(Rejection& rejection) {
  // A layer said it provides the value and did not: our mistake, not the client's.
  return rejection.reject(http::StatusCode::InternalServerError, "a layer did not provide the value it promised");
}

}  // namespace rondeau::extract

namespace rondeau {

bool Extract<RequestId>::extract(extract::Context& context, RequestId* slot, Rejection&) {
  std::construct_at(slot, RequestId{{std::string(context.request().request_id())}});
  return true;
}

}  // namespace rondeau
