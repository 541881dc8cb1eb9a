#include <rondeau/extract/last_event_id.h>

#include <rondeau/extract/header.h>

namespace rondeau {

bool Extract<LastEventId>::extract(extract::Context& context, LastEventId* slot, Rejection& rejection) {
  std::string scratch;
  std::string_view text;
  const bool is_there = context.request().header(http::HeaderName::LastEventId).has_value();
  if (is_there && !extract::header_text(context.request(), "Last-Event-ID", scratch, text, rejection)) return false;
  std::construct_at(slot, LastEventId{{std::string(text)}});
  return true;
}

void Extract<LastEventId>::describe(schema::Operation& operation) {
  operation.parameter(schema::In::Header, "Last-Event-ID", schema::Form::text(), false);
  operation.problem(http::StatusCode::BadRequest);
}

}  // namespace rondeau
