/// The checkpoints that the authors published, by their digests.
///
/// The SHA-256 of SAM's and MobileSAM's are those that micro-sam and 3D Slicer's SAM extension check after
/// fetching; those of SAM 2.1 are in micro-sam's `_video_predictor` loader and in many projects' locks; those
/// of CLIP stand in OpenAI's own addresses (`clip/clip.py`). The digits in SAM's file names are the start of
/// the files' MD5, not of these.
package struct PublishedCheckpoint: Sendable {
    package let name: String
    package let sha256: String

    package static let all = [
        PublishedCheckpoint(
            "sam_vit_b_01ec64.pth", "ec2df62732614e57411cdcf32a23ffdf28910380d03139ee0f4fcbe91eb8c912"),
        PublishedCheckpoint(
            "sam_vit_l_0b3195.pth", "3adcc4315b642a4d2101128f611684e8734c41232a17c648ed1693702a49a622"),
        PublishedCheckpoint(
            "sam_vit_h_4b8939.pth", "a7bf3b02f3ebf1267aba913ff637d9a2d5c33d3173bb679e46d9f338c26f262e"),
        PublishedCheckpoint(
            "mobile_sam.pt", "6dbb90523a35330fedd7f1d3dfc66f995213d81b29a5ca8108dbcdd4e37d6c2f"),
        PublishedCheckpoint(
            "sam2.1_hiera_tiny.pt", "7402e0d864fa82708a20fbd15bc84245c2f26dff0eb43a4b5b93452deb34be69"),
        PublishedCheckpoint(
            "sam2.1_hiera_small.pt", "6d1aa6f30de5c92224f8172114de081d104bbd23dd9dc5c58996f0cad5dc4d38"),
        PublishedCheckpoint(
            "sam2.1_hiera_base_plus.pt", "a2345aede8715ab1d5d31b4a509fb160c5a4af1970f199d9054ccfb746c004c5"),
        PublishedCheckpoint(
            "sam2.1_hiera_large.pt", "2647878d5dfa5098f2f8649825738a9345572bae2d4350a2468587ece47dd318"),
        PublishedCheckpoint(
            "ViT-B-32.pt", "40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af"),
        PublishedCheckpoint(
            "ViT-B-16.pt", "5806e77cd80f8b59890b7e101eabd078d9fb84e6937f9e85e4ecb61988df416f"),
        PublishedCheckpoint(
            "ViT-L-14.pt", "b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836"),
        PublishedCheckpoint(
            "ViT-L-14-336px.pt", "3035c92b350959924f9f00213499208652fc7ea050643e8b385c2dac08641f02"),
    ]

    private init(_ name: String, _ sha256: String) { (self.name, self.sha256) = (name, sha256) }

    /// The published file with this digest.
    package init?(sha256: String) {
        guard let known = Self.all.first(where: { $0.sha256 == sha256 }) else { return nil }
        self = known
    }

    /// What is to be said of a file that is called as a published one and is another.
    package static func warning(name: String, sha256: String) -> String? {
        guard let known = all.first(where: { $0.name == name }), known.sha256 != sha256 else { return nil }
        return
            "\(name) is called as a published file and is not it: its SHA-256 is \(sha256), the published one's "
            + "\(known.sha256)"
    }
}
