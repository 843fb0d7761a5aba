// Chosen files as the server takes them: text as text, everything else as base64.

const text = /\.(json|txt|xml|ya?ml|csv|names|data)$/i;

export async function filesFrom(format, list) {
  const files = await Promise.all([...list].map(async (file) => {
    // The chosen folder's own name is no part of the paths.
    const name = file.webkitRelativePath ? file.webkitRelativePath.split("/").slice(1).join("/") : file.name;
    return text.test(file.name) ? { name, text: await file.text() } : { name, base64: await base64(file) };
  }));
  return { format, files };
}

function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
