#include <rondeau/extract/query.h>

#include "extract/pairs.h"

namespace rondeau::extract {

bool query_members(const http::Request& request, const reflect::Descriptor& type, void* object, Rejection& rejection) {
  return read_members(PairText::of_query(request.query(), request.limits()), type, object, rejection);
}

bool query_text(const http::Request& request, std::string_view name, std::string& text, Rejection& rejection) {
  return read_only_value(PairText::of_query(request.query(), request.limits()), name, text, rejection);
}

}  // namespace rondeau::extract

namespace rondeau {

bool Extract<RawQuery>::extract(extract::Context& context, RawQuery* slot, Rejection&) {
  std::construct_at(slot, RawQuery{{std::string(context.request().query())}});
  return true;
}

}  // namespace rondeau
