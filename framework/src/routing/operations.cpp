// What a dispatcher tells of its routes.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/http/method.h>
#include <rondeau/routing/pattern.h>

#include "routing/place.h"
#include "routing/tables.h"

namespace rondeau::routing {
namespace {

bool may_answer(const schema::Operation& told, http::StatusCode status) {
  return std::ranges::any_of(told.responses, [&](const schema::Response& one) { return one.status == status; });
}

/// Whether this part of an operation lets nobody in who is not known. What only looks who is there, as login() does,
/// says that its scheme is optional; what relies on that, as LoggedIn, answers 401 and names no scheme.
bool asks_who(const schema::Operation& part) {
  return part.security.empty() ? may_answer(part, http::StatusCode::Unauthorized) : !part.optional_security;
}

/// Whether this parameter of a handler does. One that is wrapped leaves it to the handler who it lets in; a function of
/// dependencies does where something that it takes, or its own result, does.
bool asks_who(const handler::ParameterInfo& parameter) {
  if (parameter.wrapped != schema::Wrapped::Plain) return false;
  if (std::ranges::any_of(parameter.inside, [](const auto* inside) { return asks_who(*inside); })) return true;
  if (parameter.describe == nullptr) return false;
  schema::Operation told;
  parameter.describe(told);
  return asks_who(told);
}

/// A layer of the application's own in this slot need not tell documents anything.
bool asks_who(const handler::ErasedLayer& layer) {
  schema::Operation told;
  handler::describe(layer, told);
  return asks_who(told) || (layer.slot == handler::Slot::Auth && told.security.empty());
}

}  // namespace

bool PlacedOperation::handler_asks() const {
  // Its result does not count: a login that failed is a 401 to somebody who was let in.
  return std::ranges::any_of(route->handler.info().parameters, [](const auto* one) { return asks_who(*one); });
}

schema::Operation PlacedOperation::operation() const {
  schema::Operation operation = route->said;
  operation.method = route->method;
  operation.path = pattern;
  operation.place = place(route->where);
  if (operation.id.empty()) operation.id = schema::default_operation_id(route->method, pattern);
  if (operation.tags.empty() && !tag.empty()) operation.tags.push_back(tag);
  handler::describe(route->handler.info(), operation);
  for (const auto& link : layers) handler::describe(*link.layer, operation);
  if (handler_asks()) operation.optional_security = false;
  operation.shape_problems();
  // What stands in the path and no parameter reads: the path needs it all the same.
  std::string_view rest = pattern;
  PatternSegment segment;
  PatternError error = PatternError::None;
  while (next_segment(rest, segment, error)) {
    if (segment.kind != PatternSegment::Kind::Static) operation.parameter(schema::In::Path, segment.name, {});
  }
  return operation;
}

RouteLine PlacedOperation::line() const {
  RouteLine line{.method = name_of(route->method),
                 .pattern = pattern,
                 .place = place(route->where),
                 .layers = {},
                 .guards = {},
                 .host = host,
                 .id = {},
                 .body_limit = body_limit,
                 .unread_parameters = {}};
  for (const auto& link : layers) {
    line.layers.push_back(link.layer->table->name.empty() ? place(link.layer->where)
                                                          : std::string(link.layer->table->name));
  }
  for (const auto& guard : guards) line.guards.push_back(guard->to_string());
  line.id = route->said.id.empty() ? schema::default_operation_id(route->method, pattern) : route->said.id;
  line.has_auth = handler_asks() || std::ranges::any_of(layers, [](const auto& link) { return asks_who(*link.layer); });
  schema::Operation told;
  handler::describe(route->handler.info(), told);
  for (const auto& link : layers) handler::describe(*link.layer, told);
  std::string_view rest = pattern;
  PatternSegment segment;
  PatternError error = PatternError::None;
  while (next_segment(rest, segment, error)) {
    if (segment.kind == PatternSegment::Kind::Static) continue;
    const bool read = std::ranges::any_of(told.parameters, [&](const schema::Parameter& parameter) {
      return parameter.in == schema::In::Path && parameter.name == segment.name;
    });
    if (!read) line.unread_parameters.emplace_back(segment.name);
  }
  line.reads_body = std::ranges::any_of(route->handler.info().parameters, &handler::ParameterInfo::reads_body);
  return line;
}

std::vector<RouteLine> Dispatcher::routes() const {
  if (tables_->live != nullptr) return tables_->live->get()->routes();
  std::vector<RouteLine> lines;
  for (const PlacedOperation& placed : tables_->placed) lines.push_back(placed.line());
  return lines;
}

std::vector<schema::Operation> Dispatcher::operations() const {
  if (tables_->live != nullptr) return tables_->live->get()->operations();
  std::vector<schema::Operation> operations;
  for (const PlacedOperation& placed : tables_->placed) operations.push_back(placed.operation());
  return operations;
}

}  // namespace rondeau::routing
