// What a dispatcher finds legal and seldom meant in its routes.
#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "routing/place.h"
#include "routing/tables.h"

namespace rondeau::routing {
namespace {

using handler::Slot;
using schema::Operation;
using schema::SecurityScheme;

using Guards = std::vector<std::shared_ptr<const Guard>>;

/// One route, with what it tells of itself.
class Judged {
 public:
  Judged(const PlacedOperation& placed, std::vector<std::string>& sentences)
      : placed_(placed), line_(placed.line()), operation_(placed.operation()), sentences_(sentences) {}

  void judge() {
    judge_body();
    judge_who_may();
    judge_time();
    for (const std::string& name : line_.unread_parameters) {
      say("has {" + name + "} in its pattern, which nobody reads");
    }
    if (!operation_.hidden) judge_document();
  }
  void is_shadowed_by(const PlacedOperation& other) {
    say("is never reached: what it asks for passes the route at " + place(other.route->where) + " before");
  }

 private:
  void say(const std::string& what) {
    sentences_.push_back(line_.method + " " + line_.pattern + " at " + line_.place + " " + what);
  }
  bool has_layer(Slot slot) const {
    return std::ranges::any_of(placed_.layers, [&](const auto& link) { return link.layer->slot == slot; });
  }
  bool changes_things() const {
    using enum http::Method;
    const auto method = placed_.route->method;
    return method == Post || method == Put || method == Patch || method == Delete;
  }

  void judge_body() {
    const auto method = placed_.route->method;
    if ((method == http::Method::Get || method == http::Method::Head) && operation_.body) {
      say("reads a body, which clients and caches need not send on");
    }
  }

  void judge_who_may() {
    if (!changes_things()) return;
    if (!line_.has_auth) say("changes things, and nothing around it asks who it is");
    const bool by_cookie = std::ranges::any_of(
        operation_.security, [](const SecurityScheme& scheme) { return scheme.kind == SecurityScheme::Kind::Cookie; });
    if (by_cookie && !has_layer(Slot::Csrf)) {
      say("knows its clients by a cookie, and nothing around it refuses what pages of others send: Csrf does");
    }
  }

  void judge_time() {
    if (operation_.endless && !operation_.keeps_time) {
      say("answers with a stream, which no time limit ends: its handler takes neither Deadline nor CancellationToken");
    }
    if (streams_body() && !has_timeout()) {
      say("takes a body as it comes, for as long as it comes: HandlerTimeout around it would bound that");
    }
  }
  /// Not as a form, which has a size; nor the request as a whole, which tells nothing of its body.
  bool streams_body() const {
    if (!operation_.body) return false;
    const auto& content = operation_.body->content;
    const bool form = std::ranges::any_of(content, [](const auto& one) { return one.type.starts_with("multipart/"); });
    const auto parameters = placed_.route->handler.info().parameters;
    return !form && std::ranges::any_of(parameters, &handler::ParameterInfo::streams_body);
  }
  /// Deadlines leaves it to the client how long that is.
  bool has_timeout() const {
    return std::ranges::any_of(placed_.layers, [](const auto& link) {
      const handler::LayerTable& table = *link.layer->table;
      return link.layer->slot == Slot::Deadline && table.wrap != nullptr && table.name != "Deadlines";
    });
  }

  void judge_document() {
    if (operation_.summary.empty()) say("has no summary");
    const bool tells = std::ranges::any_of(operation_.responses, [](const schema::Response& response) {
      return response.status && http::code(*response.status) < 400;
    });
    if (operation_.opaque_result && !tells) {
      say("returns a bare Response: also() tells documents what it answers");
    }
  }

  const PlacedOperation& placed_;
  RouteLine line_;
  Operation operation_;
  std::vector<std::string>& sentences_;
};

/// As far as can be told: two functions are the same only where one was given to both.
bool same(const Guard& one, const Guard& other) {
  if (&one == &other) return true;
  return one.is_told() && other.is_told() && one.kind() == other.kind() && one.to_string() == other.to_string();
}
bool is_among(const std::shared_ptr<const Guard>& guard, const Guards& guards) {
  return std::ranges::any_of(guards, [&](const auto& other) { return same(*guard, *other); });
}

/// An earlier route of the same requests that asks for less takes them all.
bool shadows(const PlacedOperation& earlier, const PlacedOperation& later) {
  if (earlier.guards.empty() || earlier.host != later.host || earlier.route->method != later.route->method ||
      earlier.pattern != later.pattern) {
    return false;
  }
  return std::ranges::all_of(earlier.guards, [&](const auto& guard) { return is_among(guard, later.guards); });
}

void judge_layers(const std::vector<PlacedOperation>& placed, std::vector<std::string>& sentences) {
  std::set<const handler::ErasedLayer*> judged;
  for (const PlacedOperation& one : placed) {
    for (const auto& link : one.layers) {
      const handler::ErasedLayer& layer = *link.layer;
      if (layer.table->remarks == nullptr || !judged.insert(&layer).second) continue;
      for (const std::string& remark : layer.table->remarks(layer.layer)) {
        sentences.push_back(std::string(layer.table->name) + " at " + place(layer.where) + " " + remark);
      }
    }
  }
}

}  // namespace

std::vector<std::string> Dispatcher::lint() const {
  if (tables_->live != nullptr) return tables_->live->get()->lint();
  std::vector<std::string> sentences;
  judge_layers(tables_->placed, sentences);
  for (auto placed = tables_->placed.begin(); placed != tables_->placed.end(); ++placed) {
    Judged judged(*placed, sentences);
    judged.judge();
    const auto other = std::find_if(tables_->placed.begin(), placed,
                                    [&](const PlacedOperation& earlier) { return shadows(earlier, *placed); });
    if (other != placed) judged.is_shadowed_by(*other);
  }
  return sentences;
}

}  // namespace rondeau::routing
