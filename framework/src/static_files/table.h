// A table of embedded files as a source.
#pragma once

#include <rondeau/static_files/embedded.h>

#include "static_files/lookup.h"

namespace rondeau::static_files {

class Table final : public Source {
 public:
  /// Sorted by path.
  explicit Table(std::span<const EmbeddedFile> files) noexcept : files_(files) {}
  Result<Entry> look(const std::string& name, SourceFile& file) const override;

 private:
  std::span<const EmbeddedFile> files_;
};

}  // namespace rondeau::static_files
