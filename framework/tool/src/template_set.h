// The templates there are: in the program, or in a folder that the user names.
//
// A folder for each template, with its files and `template.json` ({"version": 1, "summary": "…"}); those of `common`
// are part of every template, which may have one of the same name instead. A name's part `dot-x` becomes `.x`, since
// files that begin with a dot are not embedded. A file of which nothing is left is not written.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "files.h"
#include "outcome.h"
#include "template_text.h"

namespace rondeau::tool {

struct TemplateInfo {
  std::string name;
  int version = 1;
  std::string summary;
};

class TemplateSet {
 public:
  /// `folder`: from --templates, else from RONDEAU_TEMPLATES, else those in the program.
  static Outcome<TemplateSet> open(const std::optional<std::string>& folder);

  const std::vector<TemplateInfo>& list() const noexcept { return list_; }
  /// Refused with the nearest name, where there is none.
  Outcome<TemplateInfo> find(std::string_view name) const;
  /// Everything the template writes.
  Outcome<Tree> render(std::string_view name, const Vocabulary& vocabulary) const;

 private:
  Outcome<void> take_list();

  std::map<std::string, std::string> sources_;  ///< "http/src/main.cpp", its text
  std::vector<TemplateInfo> list_;
};

}  // namespace rondeau::tool
