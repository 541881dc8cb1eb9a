#include "static_files/table.h"

#include <algorithm>

namespace rondeau::static_files {

Result<Source::Entry> Table::look(const std::string& name, SourceFile& file) const {
  const auto found = std::ranges::lower_bound(files_, std::string_view(name), {}, &EmbeddedFile::path);
  if (found != files_.end() && found->path == name) {
    file.tag = found->tag;
    file.size = found->content.size();
    file.content = Bytes::from_static(found->content);
    return Entry::File;
  }
  const std::string below = name + "/";
  const auto first = std::ranges::lower_bound(files_, std::string_view(below), {}, &EmbeddedFile::path);
  return first != files_.end() && first->path.starts_with(below) ? Entry::Directory : Entry::Nothing;
}

}  // namespace rondeau::static_files
