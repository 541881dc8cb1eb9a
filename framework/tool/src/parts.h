// What `rondeau add` knows of a part before it is written: its names, and the words of its templates.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "outcome.h"
#include "template_text.h"

namespace rondeau::tool {

/// "get_orders_id" is the type GetOrdersId.
std::string type_name(std::string_view identifier);

struct RoutePart {
  std::string method;  ///< "GET"
  std::string pattern;
  std::string name;                     ///< of function and files: "get_orders_id_items"
  std::vector<std::string> parameters;  ///< "id"

  /// The line that registers it: `router.get<"/orders/{id}", …>().summary("…");`
  std::string line() const;
  /// Adds what the templates of a route say.
  void add_words(Vocabulary& vocabulary) const;
};

/// Refused: methods but GET, POST, PUT, PATCH and DELETE; patterns that the router refuses, with its sentence;
/// parameters that are no names in C++.
Outcome<RoutePart> route_part(std::string method, std::string_view pattern);

/// The next migration's number in a folder with these files: four digits. Nothing where one of that name is there.
std::optional<std::string> next_migration(const std::vector<std::string>& files, std::string_view name);

}  // namespace rondeau::tool
