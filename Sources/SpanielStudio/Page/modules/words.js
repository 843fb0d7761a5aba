// Words around numbers.

// "1 box", "2 boxes".
export function counted(number, one, many = `${one}s`) {
  return `${number} ${number === 1 ? one : many}`;
}

export function percent(share) {
  return `${Math.round(share * 100)} %`;
}
