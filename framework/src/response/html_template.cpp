#include <rondeau/response/html_template.h>

#include <memory>
#include <utility>
#include <vector>

#include "response/template_nodes.h"

namespace rondeau::response {

class ParsedTemplate {
 public:
  std::vector<Node> nodes;
};

Result<std::shared_ptr<const ParsedTemplate>> parse_template(std::string_view text, const reflect::Descriptor& type) {
  auto parsed = std::make_shared<ParsedTemplate>();
  RONDEAU_TRY_PLAIN(parsed->nodes, parse_nodes(text, type));
  return std::shared_ptr<const ParsedTemplate>(std::move(parsed));
}

std::string render_template(const ParsedTemplate& parsed, const reflect::Descriptor& type, const void* value) {
  return render_nodes(parsed.nodes, type, value);
}

}  // namespace rondeau::response
