#include <utility>

#include <rondeau/handler/layer.h>

namespace rondeau::handler {
namespace {

void describe_parameter(const ParameterInfo& parameter, schema::Operation& operation) {
  if (parameter.describe == nullptr && parameter.inside.empty()) return;
  schema::Operation part;
  for (const ParameterInfo* inside : parameter.inside) describe_parameter(*inside, part);
  if (parameter.describe != nullptr) parameter.describe(part);
  operation.merge(std::move(part), parameter.wrapped);
}

}  // namespace

void describe(const HandlerInfo& info, schema::Operation& operation) {
  if (info.describe_result != nullptr) info.describe_result(operation);
  for (const ParameterInfo* parameter : info.parameters) describe_parameter(*parameter, operation);
}

void describe(const ErasedLayer& layer, schema::Operation& operation) {
  for (const ParameterInfo* parameter : layer.table->parameters) describe_parameter(*parameter, operation);
  if (layer.table->describe == nullptr) return;
  schema::Operation part;
  part.method = operation.method;  // what a layer adds may depend on them
  part.path = operation.path;
  layer.table->describe(layer.layer, part);
  operation.merge(std::move(part));
}

}  // namespace rondeau::handler
