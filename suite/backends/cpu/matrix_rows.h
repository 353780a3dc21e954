// How a product finds the elements and rows of its operands. Kernels arrange their data so that none needs packing.
#pragma once

#include <cstdint>
#include <cstring>

namespace attnscope::backends::cpu {

// A matrix read element by element: (i, k) is at data[i·row_step + k·column_step]. Readers walk from column to column,
// and from row to row below: products by a counter would make compilers split the inner loop.
struct Steps {
  std::int64_t row, column;
};
template <class Element>
struct SteppedElements {
  Element* data;
  Steps steps;

  auto operator[](std::int64_t i) const { return data[i * steps.row]; }
  void next_column() { data += steps.column; }
  SteppedElements from_row(std::int64_t i) const { return {data + i * steps.row, steps}; }
};

// Rows that lie `step` elements apart.
template <class Element>
struct EvenRows {
  Element* first;
  std::int64_t step;

  Element* operator[](std::int64_t i) const { return first + i * step; }
  void next_row() { first += step; }
  EvenRows from(std::int64_t row, std::int64_t column) const { return {first + row * step + column, step}; }
};

// Rows that lie anywhere: the i-th is where the list says, and `column` elements further.
template <class Element>
struct ListedRows {
  Element* const* rows;
  std::int64_t column = 0;

  Element* operator[](std::int64_t i) const { return rows[i] + column; }
  void next_row() { ++rows; }
  ListedRows from(std::int64_t row, std::int64_t column) const { return {rows + row, this->column + column}; }
};

// Listed rows read element by element, each of them a Word of one or several of the rows' elements.
template <class Word, class Element>
struct ListedElements {
  Element* const* rows;
  std::int64_t column = 0;

  Word operator[](std::int64_t i) const {
    Word word;
    std::memcpy(&word, rows[i] + column, sizeof(Word));
    return word;
  }
  void next_column() { column += static_cast<std::int64_t>(sizeof(Word) / sizeof(Element)); }
  ListedElements from_row(std::int64_t i) const { return {rows + i, column}; }
};

}  // namespace attnscope::backends::cpu
