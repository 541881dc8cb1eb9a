// Routes of one path and method, told apart by conditions, are one operation of a document.
#pragma once

#include <span>
#include <vector>

#include <rondeau/schema/operation.h>

namespace rondeau::openapi {

/// What some of `twins` takes or gives. Name, summary and tags are those of the first that has them; a parameter or a
/// body is required where all of them require it. Security is left to alternatives(). There is at least one.
schema::Operation merged(std::span<const schema::Operation* const> twins);

/// One of these sets of schemes is asked for. An empty set: none is needed. Nothing where that holds for all.
std::vector<std::vector<schema::SecurityScheme>> alternatives(std::span<const schema::Operation* const> twins);

}  // namespace rondeau::openapi
